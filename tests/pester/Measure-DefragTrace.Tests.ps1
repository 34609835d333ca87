BeforeAll {
    Import-Module "$PSScriptRoot/../../artifacts/module/Defragger/Defragger.psd1" -Force
    function New-Root { [System.IO.Directory]::CreateTempSubdirectory('defrag-spec-').FullName }
    $commandName = 'Defragger.PowerShell.Commands.MeasureDefragTraceCommand'
    $samples = [System.IO.Path]::GetFullPath("$PSScriptRoot/../../samples/traces")
    # Its own name for itself: python3 on the PATH may be a script that becomes it.
    $python = [string] (& python3 '-c' 'import sys; print(sys.executable)')
    # Keeps one record in fifty, scattered.
    $survivors = 'kept = []
for i in range(4):
    records = [{"n": n, "t": str(n) * 9} for n in range(40000)]
    kept += records[i::50]
    del records'
}

Describe 'Measure-DefragTrace' {
    BeforeEach { $root = New-Root }
    AfterEach { [System.IO.Directory]::Delete($root, $true) }

    Context 'a program' {
        It 'tells that scattered survivors are worth a change, and by which mechanism' {
            $found = @(Measure-DefragTrace $python, '-c', $survivors -Python)
            $found.Count | Should -Be 1
            $found[0].IsWorthwhile | Should -BeTrue
            $found[0].Mechanism | Should -Be 'Purge'
            $found[0].Verdict | Should -BeLike 'Worth it: purge first.*'
            $found[0].Operations | Should -BeGreaterThan 500000
            $policies = @{}
            foreach ($one in $found[0].Policies) { $policies[$one.Policy] = $one }
            $policies['Defragger'].Mean | Should -BeLessThan $policies['BestFit'].Mean
            $policies['Defragger+Merge8'].Mean | Should -BeLessThan $policies['Defragger'].Mean
            $policies['Defragger'].Peak | Should -BeGreaterOrEqual $found[0].PeakLive
        }

        It 'tells that a program which keeps what it has is not worth one' {
            $found = Measure-DefragTrace $python, '-c', 'a = [str(n) * 9 for n in range(60000)]' -Python
            $found.Verdict | Should -BeLike 'Do not bother.*'
            $found.Mechanism | Should -BeNullOrEmpty
        }

        It 'records every process, and leaves recordings and graphs' {
            $found = @(Measure-DefragTrace $python, '-c', 'import os
a = [str(n) * 30 for n in range(3000)]
if os.fork() == 0:
    b = [str(n) * 30 for n in range(50000)]
    os._exit(0)
os.wait()' -Python -OutputDirectory "$root/out")
            $found.Count | Should -Be 2
            $found[0].Operations | Should -BeGreaterThan 50000
            $found[0].ProcessId | Should -Not -Be $found[1].ProcessId
            foreach ($one in $found) {
                [System.IO.File]::Exists($one.Path) | Should -BeTrue
                ([xml] [System.IO.File]::ReadAllText($one.GraphPath)).DocumentElement.LocalName | Should -Be 'svg'
            }
            $again = $found[0].Path | Measure-DefragTrace -Verify
            $again.IsVerified | Should -BeTrue
            $again.Operations | Should -Be $found[0].Operations
            { Measure-DefragTrace true -OutputDirectory "$root/out" } | Should -Throw -ErrorId "OutputExists,$commandName"
            @(Measure-DefragTrace true -OutputDirectory "$root/out" -Force).Count | Should -Be 1
        }

        It 'finds the program behind a script that becomes it' {
            $found = @(Measure-DefragTrace sh, '-c', 'exec "$0" -c "a = [str(n) * 9 for n in range(60000)]"', $python -Python -OutputDirectory "$root/out")
            $found[0].Operations | Should -BeGreaterThan 60000
            $found[0].Path | Should -BeLike '*.recording.2'
            $found.Count | Should -Be 1
        }

        It 'replays what was recorded until <What>' -ForEach @(
            @{ What = 'a crash'; Script = 'a = [str(n) * 30 for n in range(30000)]; import os; os.abort()'; Seconds = 60; Warning = '*SIGABRT*' }
            @{ What = 'the program was killed'; Script = 'a = [str(n) * 30 for n in range(30000)]; import os; os.kill(os.getpid(), 9)'; Seconds = 60; Warning = '*SIGKILL*' }
            @{ What = 'the time was over'; Script = 'a = [str(n) * 30 for n in range(30000)]; import time; time.sleep(100)'; Seconds = 6; Warning = '*ended after 6 s*' }
        ) {
            $warnings = $null
            $found = Measure-DefragTrace $python, '-c', $Script -Python -TimeoutSeconds $Seconds -WarningVariable warnings -WarningAction SilentlyContinue
            [string] $warnings[0] | Should -BeLike $Warning
            $found.FinalBlocks | Should -BeGreaterThan 30000
        }

        It 'starts and writes nothing with -WhatIf' {
            @(Measure-DefragTrace touch, "$root/started" -OutputDirectory "$root/out" -WhatIf).Count | Should -Be 0
            [System.IO.File]::Exists("$root/started") | Should -BeFalse
            [System.IO.Directory]::Exists("$root/out") | Should -BeFalse
        }
    }

    Context 'bad input' {
        It 'ends with <Id> for <What>' -ForEach @(
            @{ What = 'a program that is not there'; Id = 'CommandNotFound'; Words = @('no-such-program-here') }
            @{ What = 'no program'; Id = 'InvalidCommand'; Words = @() }
        ) {
            { Measure-DefragTrace -Command $Words } | Should -Throw -ErrorId "$Id,$commandName"
        }

        It 'ends with NothingRecorded for a program that is linked statically' {
            { Measure-DefragTrace "$((Get-Module Defragger).ModuleBase)/bin/defrag-launch" -WarningAction SilentlyContinue } |
                Should -Throw -ErrorId "NothingRecorded,$commandName"
        }

        It 'gives an error for what is no trace, and goes on' {
            [System.IO.File]::WriteAllText("$root/bad", "h 4096`nq 1`n")
            [System.IO.File]::WriteAllText("$root/good", "h 4096`na 0 100`nf 0`n")
            $failures = $null
            $found = @("$root/bad", "$root/nowhere", "$root/good" | Measure-DefragTrace -ErrorVariable failures -ErrorAction SilentlyContinue)
            @(foreach ($failure in $failures) { $failure.FullyQualifiedErrorId }) | Should -Be "TraceNotReadable,$commandName", "TraceNotReadable,$commandName"
            $found.Count | Should -Be 1
            "$($found[0].Operations) $($found[0].PeakLive) $($found[0].FinalLive)" | Should -Be '2 100 0'
        }
    }

    It 'has examples in its help that work' {
        [System.IO.File]::WriteAllText("$root/worker.py", 'a = [str(n) for n in range(5000)]')
        foreach ($example in (Get-Help Measure-DefragTrace -Full).examples.example) {
            $code = ([string] $example.code).Replace('python-worker.trace.gz', "$samples/python-worker.trace.gz")
            $code = $code.Replace('worker.py', "$root/worker.py").Replace('-OutputDirectory traces', "-OutputDirectory $root/traces")
            @(& ([scriptblock]::Create($code))).Count | Should -BeGreaterThan 0
        }
    }
}
