BeforeAll {
    Import-Module "$PSScriptRoot/../../artifacts/module/Defragger/Defragger.psd1" -Force
    function New-Root { [System.IO.Directory]::CreateTempSubdirectory('defrag-spec-').FullName }

    # A script with this text.
    function New-Script([string] $Root, [string] $Text) {
        [System.IO.File]::WriteAllText("$Root/script.py", $Text)
        "$Root/script.py"
    }

    $commandName = 'Defragger.PowerShell.Commands.MeasureDefragPythonCommand'
    $samples = "$PSScriptRoot/../../samples/memory"
}

Describe 'Measure-DefragPython' {
    BeforeEach { $root = New-Root }
    AfterEach { [System.IO.Directory]::Delete($root, $true) }

    It 'tells the cause with figures, types and what to do' {
        $found = Measure-DefragPython "$samples/cycles_del.py"
        $found.Cause | Should -Be 'ReferenceCycles'
        $found.Verdict.Share | Should -BeGreaterThan 0.5
        $found.Verdict.Summary | Should -Match '\d MB, \d+ %'
        $found.Verdict.Types[0].Type | Should -Be '__main__.Connection'
        $found.Verdict.Advice | Should -BeLike '*weakref*'
        $found.Samples.Count | Should -BeGreaterThan 3
        $found.Memory.PeakResident | Should -BeGreaterThan 20MB
    }

    It 'names the line where a library in C takes memory' {
        $found = Measure-DefragPython "$samples/native_leak.py"
        $found.Cause | Should -Be 'Native'
        $found.Verdict.Sites[0] | Should -BeLike '*native_leak.py:*'
    }

    It 'leaves the script its arguments, its name, its path and its exit code' {
        $script = New-Script $root @'
import os, sys
print(sys.argv[1:], __name__, __file__ == sys.argv[0], sys.path[0] == os.path.dirname(os.path.realpath(__file__)), sorted(set(globals()) - {"os", "sys"}))
sys.exit(3)
'@
        $found = Measure-DefragPython $script 'a b' '-x' '$(y)' -WarningAction SilentlyContinue
        $found.Memory.ExitCode | Should -Be 3
        $plain = & python3 $script 'a b' '-x' '$(y)'
        $found.Memory.Output.TrimEnd() | Should -Be $plain
    }

    It 'leaves no folder in the path of a Python that wants none' {
        $script = New-Script $root "import os, sys`nprint(os.path.dirname(__file__) in sys.path, any('defrag' in one for one in sys.path))`n"
        $env:PYTHONSAFEPATH = '1'
        try { $found = Measure-DefragPython $script }
        finally { $env:PYTHONSAFEPATH = $null }
        # Known from 3.11 on; before that the script's folder is there as ever.
        $found.Memory.Output | Should -Match '^(True|False) (True|False)'
        if ([version] $found.Python -ge '3.11') { $found.Memory.Output | Should -Be "False False`n" }
    }

    It 'leaves the script its traceback' {
        $script = New-Script $root "def f():`n    raise KeyError('x')`nf()`n"
        $found = Measure-DefragPython $script -WarningAction SilentlyContinue
        $found.Memory.ExitCode | Should -Be 1
        $found.Memory.ErrorOutput | Should -BeLike 'Traceback*script.py", line 3*script.py", line 2*KeyError*'
        $found.Memory.ErrorOutput | Should -Not -BeLike '*defragger_run*'
    }

    It 'lets a script make other processes, which do not write to its samples' {
        $script = New-Script $root "import multiprocessing`ndef f(n): return n * n`nif __name__ == '__main__':`n    with multiprocessing.Pool(2) as pool: print(sum(pool.map(f, range(100))))`n"
        $found = Measure-DefragPython $script
        $found.Memory.Output | Should -Be "328350`n"
        $found.Verdict.Figures.Ended | Should -BeTrue
    }

    It 'says so when the script was ended before its end' {
        $script = New-Script $root "import time`na = bytearray(30 << 20)`ntime.sleep(100)`n"
        $warnings = $null
        $found = Measure-DefragPython $script -TimeoutSeconds 6 -WarningVariable warnings -WarningAction SilentlyContinue
        [string] $warnings[0] | Should -BeLike '*what only its end tells is missing*'
        $found.Verdict.Figures.Ended | Should -BeFalse
        $found.Verdict.Figures.Peak | Should -BeGreaterThan 25MB
    }

    It 'leaves nothing behind' {
        $before = [System.IO.Directory]::GetDirectories([System.IO.Path]::GetTempPath(), 'defrag-python-*').Count
        [void] (Measure-DefragPython (New-Script $root 'pass'))
        [System.IO.Directory]::GetDirectories([System.IO.Path]::GetTempPath(), 'defrag-python-*').Count | Should -BeLessOrEqual $before
    }

    It 'writes samples and a graph' {
        $found = Measure-DefragPython (New-Script $root 'pass') -OutputDirectory "$root/out"
        $found.Memory.GraphPath | Should -Be "$root/out/memory.svg"
        [System.IO.File]::Exists("$root/out/memory.csv") | Should -BeTrue
    }

    It 'starts nothing with -WhatIf' {
        $script = New-Script $root "open('$root/started', 'w')"
        @(Measure-DefragPython $script -WhatIf).Count | Should -Be 0
        [System.IO.File]::Exists("$root/started") | Should -BeFalse
    }

    It 'ends with <Id> for <What>' -ForEach @(
        @{ What = 'a script that is not there'; Id = 'CommandNotFound'; Bad = @{ Script = '/nowhere/script.py' } }
        @{ What = 'no script'; Id = 'InvalidCommand'; Bad = @{} }
        @{ What = 'a Python that is not there'; Id = 'CommandNotFound'; Bad = @{ Script = '/etc/passwd'; Python = 'no-such-python' } }
        @{ What = 'a script that is no Python'; Id = 'ProgramNotStarted'; Bad = @{ Script = '/etc/passwd' } }
        @{ What = 'a Python that is none'; Id = 'ProgramNotStarted'; Bad = @{ Script = '/etc/passwd'; Python = 'true' } }
    ) {
        { Measure-DefragPython @Bad } | Should -Throw -ErrorId "$Id,$commandName"
    }
}
