BeforeAll {
    Import-Module "$PSScriptRoot/../../artifacts/module/Defragger/Defragger.psd1" -Force
    $commandName = 'Defragger.PowerShell.Commands.StartDefragProcessCommand'
    $library = "$((Get-Module Defragger).ModuleBase)/bin/libdefragger.so"
    $hasPython = [bool] (Get-Command python3 -CommandType Application -ErrorAction Ignore)

    # What a shell under the malloc prints goes to a file: the program has this process' own streams.
    function Invoke-Shell([string] $Script, [hashtable] $Parameters = @{}) {
        Start-DefragProcess sh @Parameters -ArgumentList '-c', "{ $Script; } > '$root/out' 2>&1"
        [System.IO.File]::ReadAllText("$root/out")
    }
}

Describe 'Start-DefragProcess' {
    BeforeEach { $root = [System.IO.Directory]::CreateTempSubdirectory('defrag-spec-').FullName }
    AfterEach { [System.IO.Directory]::Delete($root, $true) }

    It 'runs a program with the malloc in front of the C library''s' {
        Invoke-Shell 'cat /proc/self/maps' | Should -Match ([regex]::Escape($library))
    }

    It 'waits, and leaves the exit code in $LASTEXITCODE' {
        Start-DefragProcess sh -ArgumentList '-c', 'exit 7'
        $LASTEXITCODE | Should -Be 7
        Start-DefragProcess sh -ArgumentList '-c', 'kill -TERM $$'
        $LASTEXITCODE | Should -Be 143
    }

    It 'hands over words as they are' {
        Start-DefragProcess sh -- -c 'for word; do echo "<$word>"; done > "$0"' "$root/out" 'a b' '$(x)' "c'd" ''
        [System.IO.File]::ReadAllText("$root/out") | Should -Be "<a b>`n<`$(x)>`n<c'd>`n<>`n"
    }

    It 'takes settings of the malloc, and keeps what the environment has' {
        $env:DEFRAG_SPEC = 'kept'
        try {
            $text = Invoke-Shell 'env' @{ Setting = @{ DECAY_MS = 500; Statistics = $true; DEFRAGGER_ON_ERROR = 'warn' } }
            $text | Should -Match '(?m)^DEFRAGGER_DECAY_MS=500$'
            $text | Should -Match '(?m)^DEFRAGGER_STATISTICS=1$'
            $text | Should -Match '(?m)^DEFRAGGER_ON_ERROR=warn$'
            $text | Should -Match '(?m)^DEFRAG_SPEC=kept$'
            $text | Should -Not -Match 'PYTHONMALLOC'
        }
        finally { $env:DEFRAG_SPEC = $null }
        $env:DEFRAGGER_DECAY_MS | Should -BeNullOrEmpty
    }

    It 'keeps another library that is preloaded, behind ours' {
        $env:LD_PRELOAD = 'libc.so.6'
        try { Invoke-Shell 'echo "$LD_PRELOAD"' | Should -Be "${library}:libc.so.6`n" }
        finally { $env:LD_PRELOAD = $null }
    }

    It 'gives a Python every object from the malloc with -Python' {
        if (-not $hasPython) { Set-ItResult -Skipped -Because 'there is no python3 (apt-get install python3)'; return }
        $script = "import os, sys; open(sys.argv[1], 'w').write(os.environ['PYTHONMALLOC'] + ' ' + str('libdefragger.so' in open('/proc/self/maps').read()))"
        Start-DefragProcess -Python python3 -ArgumentList '-c', $script, "$root/out"
        [System.IO.File]::ReadAllText("$root/out") | Should -Be 'malloc True'
    }

    It 'starts in the directory that it is given' {
        [void] [System.IO.Directory]::CreateDirectory("$root/deep")
        Start-DefragProcess sh -WorkingDirectory "$root/deep" -ArgumentList '-c', 'pwd > ../out'
        [System.IO.File]::ReadAllText("$root/out").Trim() | Should -Be "$root/deep"
    }

    It 'does not wait with -PassThru, and gives the process' {
        $process = Start-DefragProcess sh -PassThru -ArgumentList '-c', 'exec sleep 1000'
        try {
            $process.HasExited | Should -BeFalse
        }
        finally { $process.Kill(); $process.WaitForExit() }
    }

    It 'ends the program, which goes on, when the pipeline is stopped' {
        $shell = [powershell]::Create([System.Management.Automation.Runspaces.InitialSessionState]::CreateDefault2())
        try {
            $script = 'param($Manifest, $Path) Import-Module $Manifest; Start-DefragProcess sh -ArgumentList ''-c'', ''trap "" INT TERM; echo $$ > "$0.new"; mv "$0.new" "$0"; exec sleep 1000'', $Path'
            [void] $shell.AddScript($script).AddArgument("$PSScriptRoot/../../artifacts/module/Defragger/Defragger.psd1").AddArgument("$root/pid")
            [void] $shell.BeginInvoke()
            foreach ($wait in 1..3000) {
                if ([System.IO.File]::Exists("$root/pid")) { break }
                [System.Threading.Thread]::Sleep(10)
            }
            $process = [System.IO.File]::ReadAllText("$root/pid").Trim()
            [System.IO.Directory]::Exists("/proc/$process") | Should -BeTrue
            $shell.Stop()
            foreach ($wait in 1..1000) {
                if (-not [System.IO.Directory]::Exists("/proc/$process")) { break }
                [System.Threading.Thread]::Sleep(10)
            }
            [System.IO.Directory]::Exists("/proc/$process") | Should -BeFalse
        }
        finally { $shell.Dispose() }
    }

    It 'warns for a program that is linked statically, and starts it' {
        $warnings = $null
        Start-DefragProcess "$((Get-Module Defragger).ModuleBase)/bin/defrag-launch" --version -WarningVariable warnings -WarningAction SilentlyContinue -ExitCode
        $LASTEXITCODE | Should -Be 0
        [string] $warnings | Should -BeLike '*will run without the malloc: it is linked statically*'
    }

    It 'starts nothing with -WhatIf' {
        Start-DefragProcess sh -WhatIf -ArgumentList '-c', ": > '$root/out'"
        [System.IO.File]::Exists("$root/out") | Should -BeFalse
    }

    It 'ends with <Id> for <What>' -ForEach @(
        @{ What = 'a program that is not there'; Id = 'CommandNotFound'; Bad = @{ FilePath = 'no-such-program-here' } }
        @{ What = 'a file that cannot be run'; Id = 'CommandNotFound'; Bad = @{ FilePath = '/etc/passwd' } }
        @{ What = 'an unknown setting'; Id = 'InvalidSetting'; Bad = @{ Setting = @{ DECAY = 1 } } }
        @{ What = 'a value that the malloc does not take'; Id = 'InvalidSetting'; Bad = @{ Setting = 'CACHE=4096' } }
        @{ What = 'a directory that is not there'; Id = 'DirectoryNotFound'; Bad = @{ WorkingDirectory = '/nowhere/at/all' } }
    ) {
        $arguments = @{ FilePath = 'true' } + @{}
        foreach ($name in $Bad.Keys) { $arguments[$name] = $Bad[$name] }
        { Start-DefragProcess @arguments -ExitCode } | Should -Throw -ErrorId "$Id,$commandName"
        $LASTEXITCODE | Should -Be 3
    }

    It 'refuses a program with the set-user-ID bit' {
        & cp /bin/true "$root/true"
        & chmod u+s "$root/true"
        { Start-DefragProcess "$root/true" } | Should -Throw -ErrorId "ProgramNotPreloadable,$commandName" -ExpectedMessage '*set-user-ID*LD_PRELOAD*'
    }

    It 'says why a file that is no program does not start' {
        [System.IO.File]::WriteAllText("$root/none", 'no program')
        & chmod +x "$root/none"
        { Start-DefragProcess "$root/none" } | Should -Throw -ErrorId "ProgramNotStarted,$commandName"
    }
}
