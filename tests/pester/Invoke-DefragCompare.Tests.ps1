BeforeAll {
    Import-Module "$PSScriptRoot/../../artifacts/module/Defragger/Defragger.psd1" -Force
    . "$PSScriptRoot/CompareRun.ps1"
    $commandName = 'Defragger.PowerShell.Commands.InvokeDefragCompareCommand'
}

Describe 'Invoke-DefragCompare' {
    BeforeEach {
        $root = New-Root
        $state = $env:XDG_STATE_HOME
        $env:XDG_STATE_HOME = "$root/state" # never the history of whoever runs the specs
    }
    AfterEach {
        $env:XDG_STATE_HOME = $state
        [System.IO.Directory]::Delete($root, $true)
    }

    Context 'a comparer of the user' {
        It 'takes exit <Code> for <Status>' -ForEach @(
            @{ Code = 0; Status = 'Same' }, @{ Code = 1; Status = 'Changed' }, @{ Code = 2; Status = 'Error' }, @{ Code = 127; Status = 'Error' }
        ) {
            $arguments = (New-Run $root @{ 'a' = 'x', 'x' }) + @{ Command = 'sh', '-c', "exit $Code" }
            $result = (Invoke-Quietly $arguments).Results[0]
            $result.Status | Should -Be $Status
            $result.ExitCode | Should -Be $Code
        }

        It 'hands over paths with blanks and quotes as they are' {
            $name = "a b'c`"d `$(x).txt"
            $arguments = (New-Run $root @{ $name = 'left', 'left' }) + @{ Command = 'sh', '-c', 'test "$1" = "$4/$3" && cmp -s "$1" "$2"', 'sh', '{baseline}', '{candidate}', '{case}' }
            $arguments.Command += $arguments.Baseline
            (Invoke-Quietly $arguments).Results[0].Status | Should -Be 'Same'
        }

        It 'takes counts from the last line printed' {
            $arguments = (New-Run $root @{ 'a' = 'x', 'x' }) + @{ Command = 'sh', '-c', 'echo working; echo ''{"new":3,"absent":1,"reason":"three more"}''; exit 1' }
            $result = (Invoke-Quietly $arguments).Results[0]
            "$($result.Status) $($result.New) $($result.Absent) $($result.Reason)" | Should -Be 'Changed 3 1 three more'
        }

        It 'keeps what a failed comparer printed' {
            $arguments = (New-Run $root @{ 'd/a' = 'x', 'x' }) + @{ Command = 'sh', '-c', 'echo out; echo why >&2; exit 9' }
            $result = (Invoke-Quietly $arguments).Results[0]
            $result.Reason | Should -Be 'the comparer exited with 9: why'
            $result.LogPath | Should -FileContentMatch 'out'
            $result.LogPath | Should -FileContentMatch 'why'
        }

        It 'survives a comparer that <What>' -ForEach @(
            @{ What = 'crashes'; Script = 'kill -SEGV $$'; Status = 'Error'; Reason = '*signal 11 (SIGSEGV)*' }
            @{ What = 'is killed'; Script = 'kill -9 $$'; Status = 'Error'; Reason = '*signal 9 (SIGKILL)*' }
            @{ What = 'hangs'; Script = 'trap "" TERM; sleep 1000'; Status = 'Timeout'; Reason = '*time limit*' }
            @{ What = 'prints 1 GB'; Script = 'head -c 1000000000 /dev/zero'; Status = 'Same'; Reason = '' }
            @{ What = 'exits 0 with a broken result'; Script = 'echo ''{"new":'''; Status = 'Error'; Reason = '*not JSON*' }
            @{ What = 'contradicts itself'; Script = 'echo ''{"new":1}'''; Status = 'Error'; Reason = '*contradicts*' }
            @{ What = 'ends with a Python exception'; Script = 'echo "Traceback (most recent call last):" >&2; echo "KeyError: 1" >&2; exit 1'; Status = 'Error'; Reason = '*KeyError: 1' }
        ) {
            $arguments = (New-Run $root @{ 'a' = 'x', 'x' }) + @{ Command = 'sh', '-c', $Script; TimeoutSeconds = $(if ($Status -eq 'Timeout') { 3 } else { 60 }) }
            $result = (Invoke-Quietly $arguments).Results[0]
            $result.Status | Should -Be $Status
            $result.Reason | Should -BeLike $Reason
        }

        It 'ends the daemon that a comparer leaves behind' {
            # Another session, another parent, no standard streams: as a daemon does it. It writes its number first.
            $script = 'setsid sh -c ''echo $$ > "$0"; exec sleep 1000'' "$1" > /dev/null 2>&1 & while ! test -s "$1"; do sleep 0.01; done'
            $pidFile = "$root/daemon"
            $arguments = (New-Run $root @{ 'a' = 'x', 'x' }) + @{ Command = 'sh', '-c', $script, 'sh', $pidFile }
            (Invoke-Quietly $arguments).Results[0].Status | Should -Be 'Same'
            $daemon = [System.IO.File]::ReadAllText($pidFile).Trim()
            [System.IO.Directory]::Exists("/proc/$daemon") | Should -BeFalse
        }

        It 'measures the case and not the session' {
            $arguments = (New-Run $root @{ 'a' = 'x', 'x' }) + @{ Command = 'sh', '-c', 'exit 0' }
            $result = (Invoke-Quietly $arguments).Results[0]
            $result.PeakMemory | Should -BeGreaterThan 100000
            $result.PeakMemory | Should -BeLessThan 10000000
            $result.Duration.TotalSeconds | Should -BeGreaterThan 0
            $result.Attempts | Should -Be 1
        }

        It 'gives a case its own limit of memory, and the status OutOfMemory beyond it' {
            $arguments = (New-Run $root @{ 'a' = 'x', 'x' }) + @{ CaseMemoryLimit = '64MB'; Command = 'sh', '-c', 'x=$(head -c 300000000 /dev/zero | tr "\0" x); exit 0' }
            $warnings = $null
            $results = @(Invoke-DefragCompare @arguments -WarningVariable warnings -WarningAction SilentlyContinue -ErrorAction SilentlyContinue 6> $null)
            if ($warnings) { Set-ItResult -Skipped -Because 'no cgroup can be made here'; return }
            $results[0].Status | Should -Be 'OutOfMemory'
            $results[0].PeakSource | Should -Be 'Cgroup'
        }
    }

    Context 'the choice of cases' {
        BeforeEach {
            $arguments = New-Run $root ([ordered]@{ 'a.txt' = 'x', 'x'; 'b.log' = 'x', 'x'; 'm/c.txt' = 'x', 'x'; 'm/d.log' = 'x', 'x' })
        }

        It 'follows <Parameter>' -ForEach @(
            @{ Parameter = 'Filter'; Value = '*.txt'; Cases = 'a.txt m/c.txt' }
            @{ Parameter = 'Include'; Value = 'm/*', 'b.*'; Cases = 'b.log m/c.txt m/d.log' }
            @{ Parameter = 'Exclude'; Value = '*.log'; Cases = 'a.txt m/c.txt' }
        ) {
            $run = Invoke-Quietly ($arguments + @{ $Parameter = $Value; ThrottleLimit = 1 })
            @(foreach ($result in $run.Results) { $result.Case }) -join ' ' | Should -Be $Cases
        }

        It 'takes names, files and rows from the pipeline' {
            $file = [System.IO.FileInfo] "$($arguments.Candidate)/m/c.txt"
            $row = [pscustomobject] @{ Case = 'mine'; Baseline = "$($arguments.Baseline)/a.txt"; Candidate = "$($arguments.Candidate)/b.log" }
            $results = @('b.log', $file, $row | Invoke-DefragCompare @arguments -ThrottleLimit 1 -Throttle Tiers 6> $null)
            @(foreach ($result in $results) { "$($result.Case) $($result.Status)" }) -join ', ' | Should -Be 'b.log Same, m/c.txt Same, mine Same'
        }

        It 'takes a manifest' {
            $manifest = "$root/cases"
            [System.IO.File]::WriteAllText($manifest, "# two cases`n`na.txt`n{""case"":""other"",""baseline"":""$($arguments.Baseline)/a.txt"",""candidate"":""$($arguments.Candidate)/none""}`n")
            $run = Invoke-Quietly ($arguments + @{ Manifest = $manifest })
            Get-Status $run 'a.txt' | Should -Be 'Same'
            Get-Status $run 'other' | Should -Be 'Removed'
        }

        It 'gives an error for a name that leaves the directories, and goes on' {
            $failures = $null
            $results = @('../../etc/passwd', 'nowhere', 'a.txt' | Invoke-DefragCompare @arguments -ThrottleLimit 1 -ExitCode -ErrorVariable failures -ErrorAction SilentlyContinue 6> $null)
            $LASTEXITCODE | Should -Be 2
            @(foreach ($failure in $failures) { $failure.FullyQualifiedErrorId }) | Should -Be "InvalidCase,$commandName", "CaseError,$commandName"
            $results[-1].Status | Should -Be 'Same'
        }
    }

    Context 'bad input' {
        It 'ends with <Id> for <What>' -ForEach @(
            @{ What = 'a missing baseline'; Id = 'BaselineNotFound'; Bad = @{ Baseline = '/nowhere/base' } }
            @{ What = 'a missing candidate'; Id = 'CandidateNotFound'; Bad = @{ Candidate = '/nowhere/cand' } }
            @{ What = 'a directory and a file'; Id = 'DirectoryAndFile'; Bad = @{ Candidate = '/etc/passwd' } }
            @{ What = 'a tier without workers'; Id = 'InvalidMemoryTier'; Bad = @{ MemoryTier = @{ '32GB' = 0 } } }
            @{ What = 'a tier above a hundred percent'; Id = 'InvalidMemoryTier'; Bad = @{ MemoryTier = @{ '120%' = 1 } } }
            @{ What = 'a tier that is no amount'; Id = 'InvalidMemoryTier'; Bad = @{ MemoryTier = 'plenty=3' } }
            @{ What = 'tiers that allow more as memory fills'; Id = 'InvalidMemoryTier'; Bad = @{ MemoryTier = @{ '8GB' = 2; '16GB' = 4 } } }
            @{ What = 'a budget that is no amount'; Id = 'InvalidMemorySize'; Bad = @{ MemoryBudget = 'much' } }
            @{ What = 'a limit too small for any program'; Id = 'InvalidMemorySize'; Bad = @{ CaseMemoryLimit = '1KB' } }
            @{ What = 'an unknown format'; Id = 'InvalidFormat'; Bad = @{ Format = @{ '*' = 'prose' } } }
            @{ What = 'a program that is not there'; Id = 'CommandNotFound'; Bad = @{ Command = 'no-such-program-here', '{case}' } }
            @{ What = 'a mistyped parameter'; Id = 'InvalidCommand'; Bad = @{ Command = '-Fliter', 'x' } }
            @{ What = 'a manifest that is not there'; Id = 'ManifestNotReadable'; Bad = @{ Manifest = '/nowhere/manifest' } }
            @{ What = 'filters that let nothing through'; Id = 'NoCase'; Bad = @{ Filter = '*.nothing' } }
            @{ What = 'an output directory that is a file'; Id = 'OutputNotWritable'; Bad = @{ OutputDirectory = '/etc/passwd' } }
        ) {
            $arguments = New-Run $root @{ 'a.txt' = 'x', 'x' }
            foreach ($name in $Bad.Keys) { $arguments[$name] = $Bad[$name] }
            { Invoke-DefragCompare @arguments -ExitCode 6> $null } | Should -Throw -ErrorId "$Id,$commandName"
            $LASTEXITCODE | Should -Be 3
        }

        It 'refuses an unknown value of a parameter' {
            $arguments = New-Run $root @{ 'a.txt' = 'x', 'x' }
            { Invoke-DefragCompare @arguments -ThrottleLimit none } | Should -Throw -ErrorId "CannotConvertArgumentNoMessage,$commandName"
            { Invoke-DefragCompare @arguments -ThrottleLimit 0 } | Should -Throw -ErrorId "ParameterArgumentValidationError,$commandName"
        }

        It 'does not replace the journal of an earlier run unless told to' {
            $arguments = New-Run $root @{ 'a.txt' = 'x', 'x' }
            (Invoke-Quietly $arguments).ExitCode | Should -Be 0
            { Invoke-DefragCompare @arguments } | Should -Throw -ErrorId "OutputExists,$commandName"
            (Invoke-Quietly ($arguments + @{ Force = $true })).ExitCode | Should -Be 0
        }
    }

    Context 'output' {
        It 'writes a journal, samples and a graph' {
            $arguments = New-Run $root @{ 'a.txt' = 'x', 'y'; 'b.txt' = 'x', 'x' }
            [void] (Invoke-Quietly $arguments)
            $lines = [System.IO.File]::ReadAllLines("$($arguments.OutputDirectory)/journal.jsonl")
            $lines.Count | Should -Be 3
            $lines[0] | Should -BeLike '{"journal":1,*'
            [System.IO.File]::ReadAllLines("$($arguments.OutputDirectory)/memory.csv")[0] | Should -Be 'seconds,used_bytes,total_bytes,workers,limit,reserved_bytes,budget_bytes,time'
            ([xml] [System.IO.File]::ReadAllText("$($arguments.OutputDirectory)/memory.svg")).DocumentElement.LocalName | Should -Be 'svg'
        }

        It 'tells a summary on the information stream and nothing but results in the output' {
            $arguments = New-Run $root @{ 'a.txt' = 'x', 'y' }
            $told = $null
            $results = @(Invoke-DefragCompare @arguments -InformationVariable told 6> $null)
            $results.Count | Should -Be 1
            $text = @(foreach ($record in $told) { [string] $record }) -join "`n"
            $text | Should -Match '1 case in .*: 0 same, 1 changed'
            $text | Should -Match ([regex]::Escape("$($arguments.OutputDirectory)/journal.jsonl"))
        }

        It 'starts and writes nothing with -WhatIf' {
            $arguments = New-Run $root @{ 'a.txt' = 'x', 'y' }
            @(Invoke-DefragCompare @arguments -WhatIf).Count | Should -Be 0
            [System.IO.Directory]::Exists($arguments.OutputDirectory) | Should -BeFalse
        }

        It 'stops with an error when the disk is full, and keeps whole lines' {
            if ((& id -u) -ne '0') { Set-ItResult -Skipped -Because 'a small file system can be mounted by root only'; return }
            $disk = [System.IO.Directory]::CreateDirectory("$root/disk").FullName
            & mount -t tmpfs -o size=64k tmpfs $disk 2> $null
            if ($LASTEXITCODE -ne 0) { Set-ItResult -Skipped -Because 'no file system can be mounted here'; return }
            try {
                $files = [ordered]@{}
                foreach ($number in 1..300) { $files["case$number.txt"] = 'x', 'y' }
                $arguments = New-Run $root $files
                $arguments.OutputDirectory = $disk
                { Invoke-DefragCompare @arguments -ExitCode 6> $null } | Should -Throw -ErrorId "OutputWriteFailed,$commandName"
                $LASTEXITCODE | Should -Be 2
                $journal = [System.IO.File]::ReadAllText("$disk/journal.jsonl")
                $journal.EndsWith("}`n") | Should -BeTrue
                $journal.Split("`n").Count | Should -BeGreaterThan 10
            }
            finally {
                & umount $disk
            }
        }

        It 'refuses a second run into the same directory' {
            $arguments = (New-Run $root @{ 'a.txt' = 'x', 'x' })
            [void] [System.IO.Directory]::CreateDirectory($arguments.OutputDirectory)
            $lock = [System.IO.File]::Open("$($arguments.OutputDirectory)/run.lock", 'OpenOrCreate', 'ReadWrite', 'None')
            try { { Invoke-DefragCompare @arguments } | Should -Throw -ErrorId "OutputNotWritable,$commandName" -ExpectedMessage '*another run writes to it*' }
            finally { $lock.Dispose() }
        }
    }

    Context '-Resume' {
        It 'takes over what was decided and compares the rest' {
            $arguments = (New-Run $root @{ 'a' = 'x', 'x'; 'b' = 'x', 'y'; 'c' = 'x', 'x' }) + @{ ThrottleLimit = 1 }
            $mark = "$root/broken"
            $arguments.Command = 'sh', '-c', 'test "$3" != c || test -e "$4" || exit 7; cmp -s "$1" "$2"', 'sh', '{baseline}', '{candidate}', '{case}', $mark
            (Invoke-Quietly $arguments).ExitCode | Should -Be 2
            [System.IO.File]::WriteAllText($mark, '')
            $run = Invoke-Quietly ($arguments + @{ Resume = $true })
            @(foreach ($result in $run.Results) { "$($result.Case) $($result.Status) $($result.Resumed)" }) -join ', ' |
                Should -Be 'a Same True, b Changed True, c Same False'
            $run.ExitCode | Should -Be 1
        }

        It 'goes on after the last whole line of a journal that was cut' {
            $arguments = New-Run $root @{ 'a.txt' = 'x', 'x'; 'b.txt' = 'x', 'x' }
            [void] (Invoke-Quietly $arguments)
            $journal = "$($arguments.OutputDirectory)/journal.jsonl"
            $text = [System.IO.File]::ReadAllText($journal)
            [System.IO.File]::WriteAllText($journal, $text.Substring(0, $text.Length - 20))
            $run = Invoke-Quietly ($arguments + @{ Resume = $true })
            @(foreach ($result in $run.Results) { if ($result.Resumed) { 1 } }).Count | Should -Be 1
            [System.IO.File]::ReadAllLines($journal).Count | Should -Be 3
        }

        It 'refuses a damaged journal' {
            $arguments = New-Run $root @{ 'a.txt' = 'x', 'x' }
            [void] [System.IO.Directory]::CreateDirectory($arguments.OutputDirectory)
            [System.IO.File]::WriteAllText("$($arguments.OutputDirectory)/journal.jsonl", "not a journal`n")
            { Invoke-DefragCompare @arguments -Resume } | Should -Throw -ErrorId "JournalDamaged,$commandName"
        }
    }

    It 'ends its cases when the pipeline ends early' {
        $files = [ordered]@{ 'a' = 'x', 'x'; 'b' = 'x', 'x' }
        $arguments = (New-Run $root $files) + @{ ThrottleLimit = 2; Command = 'sh', '-c', 'test "$1" = a || { echo $$ > "$2"; exec sleep 1000; }', 'sh', '{case}', "$root/pid" }
        # The first result ends the loop, and with it the pipeline.
        foreach ($once in 1) {
            Invoke-DefragCompare @arguments 6> $null | ForEach-Object {
                while (-not ([System.IO.File]::Exists("$root/pid") -and [System.IO.File]::ReadAllText("$root/pid"))) { [System.Threading.Thread]::Sleep(10) }
                break
            }
        }
        $process = [System.IO.File]::ReadAllText("$root/pid").Trim()
        [System.IO.Directory]::Exists("/proc/$process") | Should -BeFalse
    }
}
