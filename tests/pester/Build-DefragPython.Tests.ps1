# The four cmdlets of Pythons on Defragger, on the Python of the distribution. Builds keep what they keep in a folder of the
# spec's own (XDG_CACHE_HOME).
BeforeAll {
    $cacheBefore = $env:XDG_CACHE_HOME
    $root = [System.IO.Directory]::CreateTempSubdirectory('defrag-spec-').FullName
    $env:XDG_CACHE_HOME = "$root/cache"
    Import-Module "$PSScriptRoot/../../artifacts/module/Defragger/Defragger.psd1" -Force

    # Why no Python can be linked here; nothing when one can.
    function Get-Missing {
        if (-not [System.IO.File]::Exists('/usr/bin/python3')) { return 'there is no /usr/bin/python3' }
        $archive = & /usr/bin/python3 -I -c 'import sysconfig, os; v = sysconfig.get_config_var; print(os.path.join(v("LIBPL"), v("LIBRARY")), sysconfig.get_path("include") + "/Python.h", sep="\n")'
        foreach ($path in $archive) { if (-not [System.IO.File]::Exists($path)) { return "there is no ${path}: apt-get install libpython3-dev" } }
        foreach ($name in 'cc', 'gcc', 'clang') { if (Get-Command $name -CommandType Application -ErrorAction SilentlyContinue) { return } }
        'there is no C compiler: apt-get install gcc'
    }

    # Runs a script block; gives what it returned and the ids of its errors.
    function Invoke-Quietly([scriptblock] $Block) {
        $failures = [System.Collections.Generic.List[object]]::new()
        $results = @(try { & $Block 2>&1 } catch { $_ })
        $kept = @(foreach ($one in $results) { if ($one -is [System.Management.Automation.ErrorRecord]) { $failures.Add($one) } else { $one } })
        @{
            Results = $kept
            Errors = $failures
            ErrorIds = @(foreach ($failure in $failures) { ([string] $failure.FullyQualifiedErrorId).Split(',')[0] })
        }
    }

    # A program that prints a text, in place of a Python.
    function New-Program([string] $Name, [string] $Text) {
        $path = "$root/$Name"
        [System.IO.File]::WriteAllText($path, $Text)
        [System.IO.File]::SetUnixFileMode($path, 'UserRead, UserWrite, UserExecute')
        $path
    }

    # Leaves a test that needs a Python where none can be linked.
    function Assert-Linkable { if ($missing) { Set-ItResult -Skipped -Because $missing } }

    $missing = Get-Missing
    $python = "$root/with blank=and 'quote/python"
    if (-not $missing) { $made = Build-DefragPython -FromInstalled /usr/bin/python3 -Destination $python }
}

AfterAll {
    $env:XDG_CACHE_HOME = $cacheBefore
    [System.IO.Directory]::Delete($root, $true)
}

Describe 'Build-DefragPython -FromInstalled' {
    It 'tells what it made, in seconds' {
        Assert-Linkable
        $made.Path | Should -Be $python
        $made.Executable | Should -Be "$python/bin/$($made.Name)"
        $made.Version | Should -Be (& /usr/bin/python3 -I -c 'import platform; print(platform.python_version())')
        $made.Soabi | Should -Match '^cpython-3'
        $made.AllocatorVersion | Should -Match '^\d+\.\d+\.\d+$'
        $made.Method | Should -Be 'FromInstalled'
        @(foreach ($stage in $made.Stages) { $stage.Name }) -join ' ' | Should -Be 'Compile Link Install Verify'
        # 1.7 s on an idle machine; the rest is for one that is far from it. A build from source takes minutes on any.
        $made.Duration.TotalSeconds | Should -BeLessThan 120
        $made.Sha256 | Should -Match '^[0-9a-f]{64}$'
    }

    It 'checked it: no check failed' {
        Assert-Linkable
        @(foreach ($check in $made.Checks) { $check.Name }) -join ' ' |
            Should -Be 'ExportsMalloc ExportsPython AllDomains PythonMalloc SwitchedOff SameAsStock VirtualEnvironment Extensions'
        foreach ($check in $made.Checks) { "$($check.Name) $($check.Status) $($check.Detail)" | Should -Not -Match ' Failed ' }
    }

    It 'makes a Python that runs by each of its names, with all objects on Defragger' {
        Assert-Linkable
        foreach ($name in $made.Name, 'python3', 'python') {
            & "$python/bin/$name" -I -c 'import defragger; print(*defragger.stats().domains.values())' | Should -Be 'defragger defragger defragger'
        }
    }

    It 'makes a Python with the prefix, the library and the packages of the stock one' {
        Assert-Linkable
        $code = 'import sys, sysconfig, os; print(sys.prefix, sys.path, os.__file__, sysconfig.get_path("purelib"))'
        & $made.Executable -I -c $code | Should -Be (& /usr/bin/python3 -I -c $code)
    }

    It 'leaves nothing beside the destination, and a log within' {
        Assert-Linkable
        @([System.IO.Directory]::GetFileSystemEntries([System.IO.Path]::GetDirectoryName($python))).Count | Should -Be 1
        $made.LogPath | Should -FileContentMatch '-Wl,--whole-archive'
        @([System.IO.Directory]::GetFiles("$root/cache/defragger/python/logs")).Count | Should -Be 0
    }

    It 'brings the types of the module' {
        Assert-Linkable
        [System.IO.File]::Exists("$python/share/defragger/defragger-stubs/__init__.pyi") | Should -BeTrue
    }

    It 'replaces what it made with -Force only' {
        Assert-Linkable
        $run = Invoke-Quietly { Build-DefragPython /usr/bin/python3 $python }
        $run.ErrorIds | Should -Be 'DestinationExists'
        $again = Build-DefragPython /usr/bin/python3 $python -Force
        $again.Created | Should -BeGreaterThan $made.Created
        @([System.IO.Directory]::GetFileSystemEntries([System.IO.Path]::GetDirectoryName($python))).Count | Should -Be 1
    }

    It 'never replaces what it did not make' {
        Assert-Linkable
        [void] [System.IO.Directory]::CreateDirectory("$root/mine")
        [System.IO.File]::WriteAllText("$root/mine/file", 'x')
        foreach ($path in "$root/mine", "$root/mine/file") {
            (Invoke-Quietly { Build-DefragPython /usr/bin/python3 $path -Force }).ErrorIds | Should -Be 'DestinationExists'
        }
        [System.IO.File]::Exists("$root/mine/file") | Should -BeTrue
    }

    It 'prints every command with -WhatIf, and starts none' {
        Assert-Linkable
        [void] (Build-DefragPython /usr/bin/python3 "$root/none" -WhatIf)
        [System.IO.Directory]::Exists("$root/none") | Should -BeFalse
        @([System.IO.Directory]::GetFileSystemEntries($root, '.defragger-*')).Count | Should -Be 0
    }

    It 'refuses a Python of ours' {
        Assert-Linkable
        (Invoke-Quietly { Build-DefragPython $made.Executable "$root/none" }).ErrorIds | Should -Be 'PythonNotSupported'
    }

    It 'ends with the stage, the first error, the last lines and the log when the compiler fails' {
        Assert-Linkable
        $compiler = New-Program 'cc' "#!/bin/sh`necho working; echo 'main.c:1: error: no luck' >&2; exit 1`n"
        $env:CC = $compiler
        try { $run = Invoke-Quietly { Build-DefragPython /usr/bin/python3 "$root/none" } } finally { $env:CC = $null }
        $run.ErrorIds | Should -Be 'PythonBuildFailed'
        $message = $run.Errors[0].Exception.Message
        $message | Should -Match "^Compile failed: 'cc': it ended with 1."
        $message | Should -Match 'First error: main.c:1: error: no luck'
        $message | Should -Match 'working'
        [System.IO.File]::Exists([string] $run.Errors[0].TargetObject) | Should -BeTrue
        [System.IO.Directory]::Exists("$root/none") | Should -BeFalse
        [System.IO.File]::Delete([string] $run.Errors[0].TargetObject)
    }

    It 'places nothing that is linked but does not serve malloc' {
        Assert-Linkable
        # The trap: an archive that is not linked whole links silently. This compiler leaves out our two words.
        $compiler = New-Program 'half-cc' "#!/bin/sh`nfor word do shift; case `$word in -Wl,--whole-archive | -Wl,--no-whole-archive) ;; *) set -- ""`$@"" ""`$word"" ;; esac; done`nexec cc ""`$@""`n"
        $env:CC = $compiler
        try { $run = Invoke-Quietly { Build-DefragPython /usr/bin/python3 "$root/none" } } finally { $env:CC = $null }
        $run.ErrorIds | Should -Be 'PythonBuildFailed'
        $run.Errors[0].Exception.Message | Should -Match '(Link|Verify) failed'
        [System.IO.Directory]::Exists("$root/none") | Should -BeFalse
    }
}

Describe 'Build-DefragPython, refusals' {
    It 'refuses <What>' -ForEach @(
        @{ What = 'an old Python'; Answer = '"implementation":"cpython","version":"3.7.16","major":3,"minor":7,"freeThreaded":false'; Says = 'Python 3.7.16' }
        @{ What = 'a free-threaded Python'; Answer = '"implementation":"cpython","version":"3.13.0","major":3,"minor":13,"freeThreaded":true'; Says = 'free-threaded' }
        @{ What = 'another implementation'; Answer = '"implementation":"pypy","version":"3.9.16","major":3,"minor":9,"freeThreaded":false'; Says = 'pypy' }
    ) {
        $answer = "{$Answer,""isOurs"":false,""executable"":""/x"",""prefix"":""/usr"",""configuredPrefix"":""/usr"",""includes"":[],""words"":{},""names"":{}}"
        $run = Invoke-Quietly { Build-DefragPython (New-Program 'pretender' "#!/bin/sh`necho '$answer'`n") "$root/none" }
        $run.ErrorIds | Should -Be 'PythonNotSupported'
        $run.Errors[0].Exception.Message | Should -Match $Says
    }

    It 'names all that is missing at once, with the words that install it' {
        $answer = '{"implementation":"cpython","version":"3.12.1","major":3,"minor":12,"freeThreaded":false,"isOurs":false,"executable":"/x","prefix":"/usr","configuredPrefix":"/usr","includes":["/no/include"],"words":{},"names":{"LIBPL":"/no","LIBRARY":"libpython3.12.a","LIBDIR":"/no","LDLIBRARY":"libpython3.12.so"}}'
        $env:CC = 'no-such-compiler'
        try { $run = Invoke-Quietly { Build-DefragPython (New-Program 'bare' "#!/bin/sh`necho '$answer'`n") "$root/none" } } finally { $env:CC = $null }
        $run.ErrorIds | Should -Be 'ToolMissing'
        foreach ($part in 'no-such-compiler', '/no/include/Python.h', '/no/libpython3.12.a', 'apt-get install gcc libc6-dev libpython3.12-dev') {
            $run.Errors[0].Exception.Message | Should -Match ([regex]::Escape($part))
        }
    }

    It 'says what is no Python' {
        (Invoke-Quietly { Build-DefragPython /nowhere/python }).ErrorIds | Should -Be 'PythonNotFound'
        (Invoke-Quietly { Build-DefragPython /bin/true }).ErrorIds | Should -Be 'PythonNotFound'
        (Invoke-Quietly { Build-DefragPython $root }).ErrorIds | Should -Be 'PythonNotFound'
    }
}

Describe 'Build-DefragPython -Source and -Version' {
    BeforeAll {
        # What looks like a source of CPython, with a configure of the test's own. No real one is built here: psake's task Python does.
        function New-Source([string] $Name, [string] $Configure) {
            $folder = "$root/$Name"
            [void] [System.IO.Directory]::CreateDirectory("$folder/Include")
            [System.IO.File]::WriteAllText("$folder/Include/patchlevel.h", "#define PY_VERSION ""3.12.1""`n")
            [System.IO.File]::WriteAllText("$folder/Makefile.pre.in", '')
            [System.IO.File]::WriteAllText("$folder/configure", "#!/bin/sh`n$Configure`n")
            [System.IO.File]::SetUnixFileMode("$folder/configure", 'UserRead, UserWrite, UserExecute')
            $folder
        }

        # Whether the headers of a real build are here; without them a build ends before it begins.
        function Assert-Buildable($Run) {
            if ($Run.ErrorIds -contains 'ToolMissing') { Set-ItResult -Skipped -Because $Run.Errors[0].Exception.Message }
        }
    }

    It 'ends with the stage, the first error and the log, and leaves the cache as it was' {
        $source = New-Source 'unlucky' "echo checking; echo 'configure: error: no luck' >&2; exit 1"
        $run = Invoke-Quietly { Build-DefragPython -Source $source -Destination "$root/none" }
        Assert-Buildable $run
        $run.ErrorIds | Should -Be 'PythonBuildFailed'
        $run.Errors[0].Exception.Message | Should -Match '^Configure failed: '
        $run.Errors[0].Exception.Message | Should -Match 'First error: configure: error: no luck'
        [System.IO.File]::Exists([string] $run.Errors[0].TargetObject) | Should -BeTrue
        [System.IO.Directory]::Exists("$root/cache/defragger/python/entries") | Should -BeFalse
        @([System.IO.Directory]::GetDirectories("$root/cache/defragger/python/work")).Count | Should -Be 0
        [System.IO.Directory]::Exists("$root/none") | Should -BeFalse
        [System.IO.File]::Delete([string] $run.Errors[0].TargetObject)
    }

    It 'refuses <What>' -ForEach @(
        @{ What = 'another hash'; Arguments = @{ Source = '/bin/sh'; Sha256 = '0' * 64 }; Id = 'HashMismatch' }
        @{ What = 'what is no source'; Arguments = @{ Source = '/etc' }; Id = 'PythonNotFound' }
        @{ What = 'a source that is not there'; Arguments = @{ Source = '/nowhere.tar.xz' }; Id = 'PythonNotFound' }
        @{ What = 'a release that is not known'; Arguments = @{ Version = '3.12.0' }; Id = 'PythonNotFound' }
        @{ What = 'a word that configure must not have'; Arguments = @{ Version = '3.11.2'; Configure = '--disable-gil' }; Id = 'PythonNotSupported' }
        @{ What = 'a destination with a blank'; Arguments = @{ Version = '3.11.2'; Destination = '/tmp/a b' }; Id = 'PythonNotSupported' }
        @{ What = 'a hash that is none'; Arguments = @{ Source = '/bin/sh'; Sha256 = 'abc' }; Id = 'ParameterArgumentValidationError' }
        @{ What = 'an optimisation that there is not'; Arguments = @{ Version = '3.11.2'; Optimize = 'Fast' }; Id = 'CannotConvertArgumentNoMessage' }
        @{ What = 'a source and a release together'; Arguments = @{ Version = '3.11.2'; Source = '/etc' }; Id = 'AmbiguousParameterSet' }
    ) {
        $run = Invoke-Quietly { Build-DefragPython @Arguments }
        Assert-Buildable $run
        $run.ErrorIds | Should -Be $Id
    }

    It 'prints the commands of a source build with -WhatIf, and starts none' {
        $source = New-Source 'untouched' "touch '$root/started'"
        $run = Invoke-Quietly { Build-DefragPython -Source $source -Optimize PGO, LTO -WhatIf }
        Assert-Buildable $run
        $run.ErrorIds.Count | Should -Be 0
        [System.IO.File]::Exists("$root/started") | Should -BeFalse
        [System.IO.Directory]::Exists("$root/cache/defragger/python/entries") | Should -BeFalse
    }

    It 'empties the cache, but not with -WhatIf' {
        $entry = "$root/cache/defragger/python/entries/0123456789abcdef01234567"
        [void] [System.IO.Directory]::CreateDirectory("$entry/prefix")
        Remove-DefragPython -Cache -WhatIf
        [System.IO.Directory]::Exists($entry) | Should -BeTrue
        Remove-DefragPython -Cache
        [System.IO.Directory]::Exists($entry) | Should -BeFalse
    }
}

Describe 'Test-DefragPython' {
    It 'passes what a build made, given as object, folder or executable' {
        Assert-Linkable
        foreach ($checks in @($made | Test-DefragPython), @(Test-DefragPython $python), @(Test-DefragPython $made.Executable -Stock /usr/bin/python3)) {
            $checks.Count | Should -Be 8
            foreach ($check in $checks) { "$($check.Name) $($check.Status) $($check.Detail)" | Should -Not -Match ' Failed ' }
        }
    }

    It 'fails the stock Python, with an error for each failed check' {
        Assert-Linkable
        $run = Invoke-Quietly { Test-DefragPython /usr/bin/python3 }
        $status = @{}
        foreach ($check in $run.Results) { $status[$check.Name] = [string] $check.Status }
        $status.ExportsMalloc | Should -Be 'Failed'
        $status.AllDomains | Should -Be 'Failed'
        $status.SameAsStock | Should -Be 'Passed'
        $run.ErrorIds | Should -Contain 'PythonCheckFailed'
    }

    It 'gives an error for what is not there, and goes on' {
        Assert-Linkable
        $run = Invoke-Quietly { '/nowhere', $python | Test-DefragPython }
        $run.ErrorIds | Should -Be 'PythonNotFound'
        $run.Results.Count | Should -Be 8
    }
}

Describe 'Test-DefragPython -Suite' {
    It "tells of CPython's own tests what differs, and nothing else" {
        Assert-Linkable
        if (-not [System.IO.File]::Exists("/usr/lib/$($made.Name)/test/test_sys.py")) {
            Set-ItResult -Skipped -Because "there are no tests: apt-get install lib$($made.Name)-testsuite"
        }
        $run = Invoke-Quietly { Test-DefragPython $python -File test_bisect, test_sys, test_of_nothing }
        $files = @{}
        foreach ($one in $run.Results) { if ($one.PSObject.TypeNames[0] -eq 'Defragger.Python.Suite.SuiteResult') { $files[$one.File] = $one } }
        $files.Keys.Count | Should -Be 2
        # Two tests of test_sys look for the allocator's own figures.
        [string] $files.test_sys.Status | Should -Be 'Differs'
        foreach ($one in $files.test_sys.Differences) { [string] $one.Kind | Should -Be 'ByDesign' }
        [string] $files.test_of_nothing.Status | Should -Be 'NotThere'
        $run.Errors.Count | Should -Be 0
    }

    It 'refuses what is no name of a test file' {
        Assert-Linkable
        { Test-DefragPython $python -File '../test_sys' } | Should -Throw
    }
}

Describe 'Get-DefragPython and Remove-DefragPython' {
    It 'lists what was built, by path or pattern' {
        Assert-Linkable
        @(Get-DefragPython).Count | Should -Be 1
        (Get-DefragPython).Executable | Should -Be $made.Executable
        (Get-DefragPython $python).Version | Should -Be $made.Version
        @(Get-DefragPython "$root/*").Count | Should -Be 1
        @(Get-DefragPython '/nowhere/*').Count | Should -Be 0
        (Invoke-Quietly { Get-DefragPython $root }).ErrorIds | Should -Be 'PythonNotFound'
    }

    It 'removes nothing with -WhatIf, and nothing that no build made' {
        Assert-Linkable
        Remove-DefragPython $python -WhatIf
        [System.IO.File]::Exists($made.Executable) | Should -BeTrue
        (Invoke-Quietly { Remove-DefragPython $root }).ErrorIds | Should -Be 'NotDefragPython'
        (Invoke-Quietly { Remove-DefragPython /nowhere }).ErrorIds | Should -Be 'PythonNotFound'
        [System.IO.Directory]::Exists($root) | Should -BeTrue
    }

    It 'removes a Python and forgets it, without following links' {
        Assert-Linkable
        $other = Build-DefragPython /usr/bin/python3 "$root/other"
        [void] [System.IO.Directory]::CreateDirectory("$root/kept")
        [System.IO.File]::WriteAllText("$root/kept/file", 'x')
        [void] [System.IO.Directory]::CreateSymbolicLink("$root/other/lib", "$root/kept")
        Get-DefragPython "$root/other" | Remove-DefragPython
        [System.IO.Directory]::Exists("$root/other") | Should -BeFalse
        [System.IO.File]::Exists("$root/kept/file") | Should -BeTrue
        @(Get-DefragPython).Count | Should -Be 1
    }

    It 'drops what is gone from the list' {
        Assert-Linkable
        $gone = Build-DefragPython /usr/bin/python3 "$root/gone"
        [System.IO.Directory]::Delete("$root/gone", $true)
        @(Get-DefragPython).Count | Should -Be 1
    }
}
