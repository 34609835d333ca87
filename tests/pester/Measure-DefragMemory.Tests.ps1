BeforeAll {
    Import-Module "$PSScriptRoot/../../artifacts/module/Defragger/Defragger.psd1" -Force
    function New-Root { [System.IO.Directory]::CreateTempSubdirectory('defrag-spec-').FullName }
    $commandName = 'Defragger.PowerShell.Commands.MeasureDefragMemoryCommand'
    $heading = 'seconds,processes,resident_bytes,anonymous_bytes,proportional_bytes,cgroup_bytes,available_bytes,stalled_percent'
}

Describe 'Measure-DefragMemory' {
    BeforeEach { $root = New-Root }
    AfterEach { [System.IO.Directory]::Delete($root, $true) }

    Context 'a program' {
        It 'tells what it held at most and at the end, in one object' {
            $found = @(Measure-DefragMemory python3 '-c' 'import time; a = bytearray(60 << 20); time.sleep(.5); del a; time.sleep(2); print(1)')
            $found.Count | Should -Be 1
            $found[0].PeakResident | Should -BeGreaterThan 60MB
            $found[0].FinalResident | Should -BeLessThan 50MB
            $found[0].FinalResident | Should -BeGreaterThan 1MB
            $found[0].Samples.Count | Should -BeGreaterThan 3
            $found[0].ExitCode | Should -Be 0
            $found[0].Output | Should -Be "1`n"
        }

        It 'shows what measuring took only of a run that is long enough for a share to mean something' {
            $format = [xml] [System.IO.File]::ReadAllText("$((Get-Module Defragger).ModuleBase)/Defragger.format.ps1xml")
            $item = @($format.GetElementsByTagName('ListItem') | Where-Object { $_.Label -eq 'Measuring took' })
            $item.Count | Should -Be 1
            $condition = [scriptblock]::Create($item[0].ItemSelectionCondition.ScriptBlock)
            foreach ($case in @{ Seconds = 0.02; Shown = $false }, @{ Seconds = 60; Shown = $true }) {
                @{ MeasuringTime = [timespan]::FromSeconds(0.12); Elapsed = [timespan]::FromSeconds($case.Seconds) } | ForEach-Object $condition | Should -Be $case.Shown
            }
        }

        It 'counts all that it starts' {
            # Each holds its part until the other one has held its own for a while.
            $hold = 'import os, sys, time; a = bytearray(40 << 20); open(sys.argv[1], "w").close()
while not os.path.exists(sys.argv[2]): time.sleep(.01)
time.sleep(1)'
            $found = Measure-DefragMemory -FilePath sh -ArgumentList '-c', "python3 -c '$hold' $root/a $root/b & python3 -c '$hold' $root/b $root/a & wait"
            $found.PeakResident | Should -BeGreaterThan 80MB
            $found.PeakProcesses | Should -BeGreaterOrEqual 3
        }

        It 'takes the whole command behind --' {
            (Measure-DefragMemory -- sh '-c' 'echo $0 "$@"' '-x' '$(y)' 'a b').Output | Should -Be "-x `$(y) a b`n"
        }

        It 'writes samples and a graph that say the same, and reads them again' {
            $found = Measure-DefragMemory sleep 0.5 -OutputDirectory "$root/out"
            $found.SamplesPath | Should -Be "$root/out/memory.csv"
            [System.IO.File]::ReadAllLines("$root/out/memory.csv")[0] | Should -Be $heading
            ([xml] [System.IO.File]::ReadAllText("$root/out/memory.svg")).DocumentElement.LocalName | Should -Be 'svg'
            $read = "$root/out/memory.csv" | Measure-DefragMemory
            $read.PeakResident | Should -BeLessOrEqual $found.PeakResident
            $read.FinalResident | Should -Be $found.FinalResident
            $read.Samples.Count | Should -BeGreaterThan 0
            (Measure-DefragMemory -Path "$root/out/memory.csv" -OutputDirectory "$root/drawn").GraphPath | Should -Be "$root/drawn/memory.svg"
        }

        It 'warns of <What>' -ForEach @(
            @{ What = 'another exit code than 0'; Script = 'exit 3'; Seconds = 60; Warning = '*exit code 3*' }
            @{ What = 'a signal'; Script = 'kill -9 $$'; Seconds = 60; Warning = '*SIGKILL*' }
            @{ What = 'the time limit'; Script = 'sleep 100'; Seconds = 0.3; Warning = '*ended after 0.3 s*' }
        ) {
            $warnings = $null
            $found = Measure-DefragMemory sh '-c' $Script -TimeoutSeconds $Seconds -WarningVariable warnings -WarningAction SilentlyContinue
            [string] $warnings[0] | Should -BeLike $Warning
            @($found).Count | Should -Be 1
        }

        It 'starts and writes nothing with -WhatIf' {
            @(Measure-DefragMemory sh '-c' "touch $root/started" -OutputDirectory "$root/out" -WhatIf).Count | Should -Be 0
            [System.IO.File]::Exists("$root/started") | Should -BeFalse
            [System.IO.Directory]::Exists("$root/out") | Should -BeFalse
        }

        It 'does not replace the samples of an earlier measurement unless told to' {
            [void] (Measure-DefragMemory true -OutputDirectory "$root/out")
            { Measure-DefragMemory true -OutputDirectory "$root/out" } | Should -Throw -ErrorId "OutputExists,$commandName"
            (Measure-DefragMemory true -OutputDirectory "$root/out" -Force).ExitCode | Should -Be 0
        }
    }

    Context 'a process that is there' {
        It 'measures it for the time that is given, with all that it started' {
            $found = Measure-DefragMemory -Id $PID -DurationSeconds 0.4
            $found.Id | Should -Be $PID
            $found.PeakResident | Should -BeGreaterThan 20MB
            $found.Elapsed.TotalSeconds | Should -BeGreaterThan 0.3
            $found.Elapsed.TotalSeconds | Should -BeLessThan 60
        }
    }

    Context 'bad input' {
        It 'ends with <Id> for <What>' -ForEach @(
            @{ What = 'a program that is not there'; Id = 'CommandNotFound'; Bad = @{ FilePath = 'no-such-program-here' } }
            @{ What = 'no program'; Id = 'InvalidCommand'; Bad = @{} }
            @{ What = 'a process that is not there'; Id = 'ProcessNotFound'; Bad = @{ Id = 2147483647 } }
            @{ What = 'an output directory that is a file'; Id = 'OutputNotWritable'; Bad = @{ FilePath = 'true'; OutputDirectory = '/etc/passwd' } }
        ) {
            { Measure-DefragMemory @Bad } | Should -Throw -ErrorId "$Id,$commandName"
        }

        It 'ends with ProgramNotStarted for a file that is no program' {
            [System.IO.File]::WriteAllText("$root/no-program", 'text')
            [System.IO.File]::SetUnixFileMode("$root/no-program", 'UserRead, UserExecute')
            { Measure-DefragMemory "$root/no-program" } | Should -Throw -ErrorId "ProgramNotStarted,$commandName"
        }

        It 'gives an error for a file that is none of its own, and goes on' {
            [System.IO.File]::WriteAllText("$root/other.csv", "a,b`n1,2`n")
            [System.IO.File]::WriteAllText("$root/memory.csv", "$heading`n0.1,1,4096,0,,,100,`n")
            $failures = $null
            $found = @("$root/other.csv", "$root/nowhere.csv", "$root/memory.csv" | Measure-DefragMemory -ErrorVariable failures -ErrorAction SilentlyContinue)
            @(foreach ($failure in $failures) { $failure.FullyQualifiedErrorId }) | Should -Be "SamplesNotReadable,$commandName", "SamplesNotReadable,$commandName"
            $found.Count | Should -Be 1
            $found[0].PeakResident | Should -Be 4096
        }
    }
}
