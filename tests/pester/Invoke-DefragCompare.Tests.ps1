BeforeAll {
    Import-Module "$PSScriptRoot/../../artifacts/module/Defragger/Defragger.psd1" -Force

    # Two directories with the given files: name = baseline's text, candidate's text; $null for no file.
    function New-Run([string] $Root, [System.Collections.IDictionary] $Files) {
        $sides = [System.IO.Path]::Combine($Root, 'base'), [System.IO.Path]::Combine($Root, 'cand')
        foreach ($side in 0, 1) {
            [void] [System.IO.Directory]::CreateDirectory($sides[$side])
            foreach ($name in $Files.Keys) {
                $text = $Files[$name][$side]
                if ($null -eq $text) { continue }
                $path = [System.IO.Path]::Combine($sides[$side], $name)
                [void] [System.IO.Directory]::CreateDirectory([System.IO.Path]::GetDirectoryName($path))
                [System.IO.File]::WriteAllText($path, $text)
            }
        }
        @{ Baseline = $sides[0]; Candidate = $sides[1]; OutputDirectory = [System.IO.Path]::Combine($Root, 'out') }
    }

    function New-Root { [System.IO.Directory]::CreateTempSubdirectory('defrag-spec-').FullName }

    # Runs quietly; gives results, errors by id, and the exit code.
    function Invoke-Quietly([hashtable] $Arguments) {
        $failures = $null
        $results = @(Invoke-DefragCompare @Arguments -ExitCode -ErrorVariable failures -ErrorAction SilentlyContinue 6> $null)
        @{
            Results = $results
            Status = @{}
            ExitCode = $LASTEXITCODE
            ErrorIds = @(foreach ($failure in $failures) { ([string] $failure.FullyQualifiedErrorId).Split(',')[0] })
        }
    }

    function Get-Status($Run, [string] $Case) {
        foreach ($result in $Run.Results) { if ($result.Case -eq $Case) { return [string] $result.Status } }
    }

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

    Context 'the built-in comparer' {
        It 'says of each case what became of it' {
            $run = Invoke-Quietly (New-Run $root ([ordered]@{
                'same.txt' = "a`n", "a`n"
                'changed.txt' = "a`nb`n", "a`nc`n"
                'sub/added.txt' = $null, "x"
                'sub/removed.txt' = "x", $null
            }))
            $run.Results.Count | Should -Be 4
            Get-Status $run 'same.txt' | Should -Be 'Same'
            Get-Status $run 'changed.txt' | Should -Be 'Changed'
            Get-Status $run 'sub/added.txt' | Should -Be 'Added'
            Get-Status $run 'sub/removed.txt' | Should -Be 'Removed'
            $run.ExitCode | Should -Be 1
            $run.ErrorIds.Count | Should -Be 0
        }

        It 'counts findings of <Name>' -ForEach @(
            @{ Name = 'r.json'; Left = '{"a":1,"b":[1,2],"c":3}'; Right = '{"b":[1,2],"a":2,"d":4}'; Counts = '1 1 1 2' }
            @{ Name = 'r.jsonl'; Left = "{""a"":1}`n{""a"":2}`n"; Right = "{ ""a"": 1.0 }`n{""a"":3}`n{""a"":4}`n"; Counts = '1 0 1 1' }
            @{ Name = 'r.csv'; Left = "id,v`n1,x`n2,y`n"; Right = "id,v`n""1"",x`n2,z`n"; Counts = '0 0 1 2' }
            @{ Name = 'r.txt'; Left = "one`ntwo`nthree`n"; Right = "one`nthree`nfour`n"; Counts = '1 1 0 2' }
        ) {
            $result = (Invoke-Quietly (New-Run $root @{ $Name = $Left, $Right })).Results[0]
            "$($result.New) $($result.Absent) $($result.Updated) $($result.Unchanged)" | Should -Be $Counts
            $result.Status | Should -Be 'Changed'
        }

        It 'tells a finding on another line as moved, and one with another message as updated' {
            $sarif = '{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"t"}},"results":[' +
                '{"ruleId":"R","message":{"text":"m"},"locations":[{"physicalLocation":{"artifactLocation":{"uri":"f.c"},"region":{"startLine":LINE}}}]}]}]}'
            $first = $sarif.Replace('LINE', '1')
            $run = Invoke-Quietly (New-Run $root @{ 'a.sarif' = $first, $sarif.Replace('LINE', '2'); 'b.sarif' = $first, $first.Replace('"m"', '"n"') })
            foreach ($result in $run.Results) {
                "$($result.New) $($result.Absent) $($result.Updated) $($result.Moved)" |
                    Should -Be $(if ($result.Case -eq 'a.sarif') { '0 0 0 1' } else { '0 0 1 0' })
                $result.Status | Should -Be 'Changed'
            }
            $run.ExitCode | Should -Be 1
        }

        It 'takes a format for a pattern' {
            $arguments = New-Run $root @{ 'r.out' = '{"a":1,"b":2}', '{"b":2,"a":1}' }
            (Invoke-Quietly ($arguments + @{ Format = @{ '*.out' = 'json' } })).ExitCode | Should -Be 0
        }

        It 'matches records by key, whatever their order, in <Name>' -ForEach @(
            @{ Name = 'r.jsonl'; Left = "{""id"":1,""v"":1}`n{""id"":2,""v"":2}`n{""id"":3}`n"; Right = "{""id"":3}`n{""v"":2,""id"":2.0}`n{""id"":1,""v"":7}`n{""id"":4}`n" }
            @{ Name = 'r.json'; Left = '[{"id":1,"v":1},{"id":2},{"id":3}]'; Right = '[{"id":2},{"id":3},{"id":4},{"v":7,"id":1}]' }
            @{ Name = 'r.csv'; Left = "id,v`n1,1`n2,2`n3,3`n"; Right = "v,id`n3,3`n2,2`n7,1`n4,4`n" }
        ) {
            $arguments = New-Run $root @{ $Name = $Left, $Right }
            foreach ($key in @('id', @{ '*' = 'id' }, @{ '*.x' = 'v'; 'r.*' = , 'id' })) {
                $result = (Invoke-Quietly ($arguments + @{ Key = $key; Force = $true })).Results[0]
                "$($result.Status) $($result.New) $($result.Absent) $($result.Updated) $($result.Unchanged)" | Should -Be 'Changed 1 0 1 2'
            }
        }

        It 'gives an error for a record without its key' {
            $run = Invoke-Quietly ((New-Run $root @{ 'r.jsonl' = "{""id"":1}`n", "{""id"":1}`n{""x"":1}`n" }) + @{ Key = 'id' })
            $run.Results[0].Reason | Should -Match "line 2 has no 'id'"
            $run.ExitCode | Should -Be 2
        }

        It 'calls a case with nothing but tolerated differences Ignored' {
            $arguments = New-Run $root @{ 'r.json' = '{"run":{"time":1.00},"n":1}', '{"run":{"time":1.05},"n":1}'; 's.json' = '1', '1' }
            $run = Invoke-Quietly ($arguments + @{ Tolerance = @{ '*.time' = '10%' } })
            Get-Status $run 'r.json' | Should -Be 'Ignored'
            Get-Status $run 's.json' | Should -Be 'Same'
            foreach ($result in $run.Results) {
                if ($result.Case -eq 'r.json') { "$($result.Ignored) $($result.Tolerated) $($result.Updated)" | Should -Be '1 1 0' }
            }
            $run.ExitCode | Should -Be 0
            (Invoke-Quietly ($arguments + @{ Tolerance = '*.time=1e-9'; Force = $true })).ExitCode | Should -Be 1
        }

        It 'tolerates numbers in columns and records' {
            $arguments = New-Run $root @{ 'r.csv' = "id,time`n1,100`n", "id,time`n1,104`n"; 'r.jsonl' = "{""time"":1}`n", "{""time"":1.01}`n" }
            foreach ($key in @{}, @{ '*.csv' = 'id' }) {
                $run = Invoke-Quietly ($arguments + @{ Tolerance = 'time=5%'; Key = $key; Force = $true })
                foreach ($result in $run.Results) { "$($result.Status) $($result.Ignored) $($result.Tolerated)" | Should -Be 'Ignored 1 1' }
                $run.ExitCode | Should -Be 0
            }
        }

        It 'keeps the first differences of a case with their place and what both sides say' {
            $arguments = New-Run $root @{ 'r.json' = '{"a":[1,2],"b":"x"}', '{"a":[1,3,4],"b":"y"}' }
            $differences = (Invoke-Quietly $arguments).Results[0].Differences
            "$($differences[0].Kind) $($differences[0].Place) $($differences[0].Before) $($differences[0].After)" | Should -Be 'New a/2  4'
            "$($differences[1].Kind) $($differences[1].Place) $($differences[1].Before) $($differences[1].After)" | Should -Be 'Updated a/1 2 3'
            $differences.Count | Should -Be 3
            $result = (Invoke-Quietly ($arguments + @{ MaxDifference = 1; Force = $true })).Results[0]
            "$($result.Differences.Count) $($result.New) $($result.Updated)" | Should -Be '1 1 2'
        }

        It 'shows differences as a table' {
            if (-not (Get-Command Out-String -ErrorAction Ignore)) { Set-ItResult -Skipped -Because 'this engine has no Out-String (pwsh has)'; return }
            $arguments = New-Run $root @{ 'r.json' = '{"a":1}', '{"a":2}' }
            $shown = (Invoke-Quietly $arguments).Results[0].Differences | Out-String
            $shown | Should -Match 'Kind +Place +Rule +Before +After'
            $shown | Should -Match 'Updated +a +1 +2'
        }

        It 'takes as noise what differs in a second baseline, and nothing else' {
            $arguments = New-Run $root @{
                'noise.json' = '{"time":1,"n":1}', '{"time":7,"n":1}'
                'both.json' = '{"time":1,"n":1}', '{"time":7,"n":2}'
                'alone.json' = '{"time":1}', '{"time":7}'
            }
            $second = [System.IO.Path]::Combine($root, 'second')
            [void] [System.IO.Directory]::CreateDirectory($second)
            foreach ($name in 'noise.json', 'both.json') {
                [System.IO.File]::WriteAllText([System.IO.Path]::Combine($second, $name), '{"time":3,"n":1}')
            }
            $run = Invoke-Quietly ($arguments + @{ Baseline2 = $second })
            foreach ($result in $run.Results) {
                "$($result.Status) $($result.Updated) $($result.Noise)" | Should -Be $(switch ($result.Case) {
                        'noise.json' { 'Ignored 0 1' }
                        'both.json' { 'Changed 1 1' }
                        'alone.json' { 'Changed 1 ' }
                    })
            }
            $run.ExitCode | Should -Be 1

            # A second baseline that is another one now: what was decided by it does not hold.
            foreach ($result in (Invoke-Quietly ($arguments + @{ Baseline2 = $second; Resume = $true })).Results) { $result.Resumed | Should -BeTrue }
            [System.IO.File]::WriteAllText([System.IO.Path]::Combine($second, 'noise.json'), '{"time":1, "n":1}')
            $run = Invoke-Quietly ($arguments + @{ Baseline2 = $second; Resume = $true })
            Get-Status $run 'noise.json' | Should -Be 'Changed'
            foreach ($result in $run.Results) { $result.Resumed | Should -Be ($result.Case -ne 'noise.json') }
        }

        It 'refuses a second baseline that is not there, or not of the baseline''s kind' {
            $arguments = New-Run $root @{ 'a.txt' = 'a', 'b' }
            { Invoke-DefragCompare @arguments -Baseline2 "$root/none" } | Should -Throw -ErrorId "BaselineNotFound,$commandName"
            { Invoke-DefragCompare @arguments -Baseline2 "$root/base/a.txt" } | Should -Throw -ErrorId "DirectoryAndFile,$commandName"
        }

        It 'ignores what a rule of a file covers, and warns of rules that cover nothing or have expired' {
            $arguments = New-Run $root @{ 'a.txt' = "a`n", "b`n"; 'b.txt' = "a`n", "b`n" }
            $rules = [System.IO.Path]::Combine($root, 'rules.json')
            [System.IO.File]::WriteAllText($rules, '[{"case":"a.*","reason":"known","bug":"#1","owner":"ann"},' +
                '{"case":"c.*","reason":"gone"},{"reason":"old","expires":"2020-01-31"}]')
            $warnings = $null
            $results = @(Invoke-DefragCompare @arguments -IgnoreRule $rules -ExitCode -WarningVariable warnings -WarningAction SilentlyContinue 6> $null)
            $LASTEXITCODE | Should -Be 1
            foreach ($result in $results) {
                [string] $result.Status | Should -Be $(if ($result.Case -eq 'a.txt') { 'Ignored' } else { 'Changed' })
                if ($result.Case -eq 'a.txt') { "$($result.IgnoredBy[0].Rule) $($result.IgnoredBy[0].Count)" | Should -Be '0 1' }
            }
            $warnings.Count | Should -Be 2
            [string] $warnings[0] | Should -Match "rule 2 .* covered nothing"
            [string] $warnings[1] | Should -Match "rule 3 .* expired on 2020-01-31"

            # Other rules, other results: what the journal says does not hold any more.
            [System.IO.File]::WriteAllText($rules, '[{"case":"?.txt","reason":"known"}]')
            $run = Invoke-Quietly ($arguments + @{ IgnoreRule = $rules; Resume = $true })
            $run.ExitCode | Should -Be 0
            $run = Invoke-Quietly ($arguments + @{ IgnoreRule = $rules; Resume = $true })
            foreach ($result in $run.Results) {
                [string] $result.Status | Should -Be 'Ignored'
                $result.Resumed | Should -Be $true
            }
        }

        It 'gives an error for <What>, and goes on' -ForEach @(
            @{ What = 'a truncated document'; Name = 'a.json'; Left = '{"a":1}'; Right = '{"a":' }
            @{ What = 'a truncated report'; Name = 'a.sarif'; Left = '{"version":"2.1.0","runs":[]}'; Right = '{"version":"2.1.0","runs":[' }
            @{ What = 'a report of another version'; Name = 'a.sarif'; Left = '{"version":"2.1.0","runs":[]}'; Right = '{"version":"1.0.0","runs":[]}' }
            @{ What = 'a line that is no JSON'; Name = 'a.jsonl'; Left = "{}`n"; Right = "{]`n" }
        ) {
            $run = Invoke-Quietly (New-Run $root @{ $Name = $Left, $Right; 'other.txt' = 'x', 'x' })
            Get-Status $run $Name | Should -Be 'Error'
            Get-Status $run 'other.txt' | Should -Be 'Same'
            $run.ErrorIds | Should -Be 'CaseError'
            $run.ExitCode | Should -Be 2
        }

        It 'reads nothing that a link leads to outside of the directories, unless it is asked to' {
            $arguments = New-Run $root @{ 'in.txt' = 'x', 'x'; 'sub/other.txt' = 'x', 'x'; 'out.txt' = 'x', $null }
            [System.IO.File]::WriteAllText("$root/secret", 'x')
            [void] [System.IO.Directory]::CreateDirectory("$root/elsewhere")
            [System.IO.File]::WriteAllText("$root/elsewhere/deep.txt", 'x')
            [System.IO.File]::WriteAllText("$($arguments.Baseline)/link.txt", 'x')
            [void] [System.IO.File]::CreateSymbolicLink("$($arguments.Candidate)/link.txt", 'sub/other.txt')
            [void] [System.IO.File]::CreateSymbolicLink("$($arguments.Candidate)/out.txt", '../secret')
            $run = Invoke-Quietly $arguments
            Get-Status $run 'in.txt' | Should -Be 'Same'
            Get-Status $run 'link.txt' | Should -Be 'Same'
            Get-Status $run 'out.txt' | Should -Be 'Error'
            $run.ExitCode | Should -Be 2
            foreach ($result in $run.Results) {
                if ($result.Case -eq 'out.txt') { $result.Reason | Should -Match "is a link to '.*/secret', outside of the directories" }
            }
            (Invoke-Quietly ($arguments + @{ FollowLink = $true; Force = $true })).ExitCode | Should -Be 0

            # A directory on the way, which the walk does not enter, but a name can.
            [void] [System.IO.Directory]::CreateSymbolicLink("$($arguments.Candidate)/way", "$root/elsewhere")
            [void] [System.IO.Directory]::CreateSymbolicLink("$($arguments.Baseline)/way", "$root/elsewhere")
            $result = 'way/deep.txt' | Invoke-DefragCompare $arguments.Baseline $arguments.Candidate -OutputDirectory "$root/out2" -ErrorAction SilentlyContinue 6> $null
            [string] $result.Status | Should -Be 'Error'
            $result.Reason | Should -Match "outside of the directories"
        }

        It 'gives an error for a name that leaves the directories, and reads nothing' {
            $arguments = New-Run $root @{ 'a.txt' = 'x', 'x' }
            [System.IO.File]::WriteAllText("$root/secret.txt", 'x')
            $failures = $null
            $results = @('../secret.txt', 'a/../../secret.txt', 'a.txt' | Invoke-DefragCompare @arguments -ErrorVariable failures -ErrorAction SilentlyContinue 6> $null)
            $results.Count | Should -Be 1
            $failures.Count | Should -Be 2
            foreach ($failure in $failures) { [string] $failure | Should -Match "a part of it is '\.\.'" }
        }

        It 'gives an error for a file that cannot be read' {
            $arguments = New-Run $root @{ 'gone.txt' = 'x', $null; 'memory.txt' = 'x', $null }
            [void] [System.IO.File]::CreateSymbolicLink("$($arguments.Candidate)/gone.txt", '/nowhere/at/all')
            [void] [System.IO.File]::CreateSymbolicLink("$($arguments.Candidate)/memory.txt", '/proc/self/mem') # reading it fails
            $run = Invoke-Quietly $arguments
            Get-Status $run 'gone.txt' | Should -Be 'Error'
            Get-Status $run 'memory.txt' | Should -Be 'Error'
            $run.ExitCode | Should -Be 2
        }

        It 'compares two files' {
            $arguments = New-Run $root @{ 'a.txt' = 'x', 'y'; 'b.txt' = 'x', 'x' }
            $arguments.Baseline += '/a.txt'
            $arguments.Candidate += '/a.txt'
            $run = Invoke-Quietly $arguments
            $run.Results.Count | Should -Be 1
            $run.Results[0].Status | Should -Be 'Changed'
        }
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

    Context 'the throttle' {
        It 'never runs more cases at once than it is told, and says what held a case' {
            $files = [ordered]@{}
            foreach ($number in 1..12) { $files["case$number"] = 'x', 'x' }
            $arguments = (New-Run $root $files) + @{ ThrottleLimit = 3; Command = 'sh', '-c', 'sleep 0.1' }
            $run = Invoke-Quietly $arguments
            $run.ExitCode | Should -Be 0
            foreach ($line in [System.IO.File]::ReadAllLines("$($arguments.OutputDirectory)/memory.csv")[1..2]) {
                [int] $line.Split(',')[3] | Should -BeLessOrEqual 3
            }
            # Where other programs hold the memory it is the reason, and not the limit.
            $held = @(foreach ($result in $run.Results) { if ($result.HeldBy -ne 'None' -and $result.WaitSeconds -gt 0) { $result } })
            $held.Count | Should -BeGreaterThan 0
        }

        It 'steps down to one case when used memory has reached a tier' {
            $arguments = (New-Run $root @{ 'a' = 'x', 'x'; 'b' = 'x', 'x'; 'c' = 'x', 'x' }) +
                @{ ThrottleLimit = 3; MemoryTier = @{ '1MB' = 1 }; Command = 'sh', '-c', 'mkdir "$1" && sleep 0.05 && rmdir "$1"', 'sh', "$root/alone" }
            $told = @(Invoke-DefragCompare @arguments -Verbose 4>&1 6> $null)
            $results = @(foreach ($one in $told) { if ($one -isnot [System.Management.Automation.VerboseRecord]) { $one } })
            @(foreach ($result in $results) { [string] $result.Status }) | Should -Be 'Same', 'Same', 'Same'
            $results[-1].HeldBy | Should -Be 'MemoryTier'
            ($told -join "`n") | Should -Match '3 -> 1 workers: .* MemoryTier at 1 MB'
        }
    }

    Context 'what cases needed before' {
        It 'is set aside for them the next time, and the longest starts first' {
            $arguments = (New-Run $root @{ 'a' = 'x', 'x'; 'b' = 'x', 'x'; 'c' = 'x', 'x' }) +
                @{ ThrottleLimit = 1; Force = $true; Command = 'sh', '-c', 'test "$1" != b || sleep 1', 'sh', '{case}' }
            $first = Invoke-Quietly $arguments
            @(foreach ($result in $first.Results) { $result.Case }) -join ' ' | Should -Be 'a b c'
            [string] $first.Results[0].PredictedFrom | Should -Be 'Default'
            $second = Invoke-Quietly $arguments
            $second.Results[0].Case | Should -Be 'b'
            foreach ($result in $second.Results) {
                [string] $result.PredictedFrom | Should -Be 'History'
                $before = @($first.Results | Where-Object Case -eq $result.Case)[0]
                $result.Predicted | Should -Be $before.PeakMemory
                $result.Reserved | Should -Be $result.Predicted
            }
            @(Get-DefragHistory).Count | Should -Be 3
            [System.IO.File]::ReadAllLines("$($arguments.OutputDirectory)/memory.csv")[0] | Should -Match ',reserved_bytes,'
        }

        It 'is kept where -History says, or nowhere with -NoHistory' {
            $arguments = (New-Run $root @{ 'a' = 'x', 'x' }) + @{ Force = $true }
            [void] (Invoke-Quietly ($arguments + @{ History = "$root/own.db" }))
            @(Get-DefragHistory -History "$root/own.db").Count | Should -Be 1
            [void] (Invoke-Quietly ($arguments + @{ NoHistory = $true }))
            [System.IO.Directory]::Exists("$root/state") | Should -BeFalse
            { Invoke-DefragCompare @arguments -NoHistory -History "$root/own.db" } | Should -Throw -ErrorId "InvalidHistory,$commandName"
        }

        It 'costs one warning when it is damaged, and the run goes on' {
            [void] [System.IO.Directory]::CreateDirectory("$root/state/defragger")
            [System.IO.File]::WriteAllText("$root/state/defragger/history.db", 'no database' * 500)
            $arguments = New-Run $root @{ 'a' = 'x', 'x' }
            $warnings = $null
            $result = Invoke-DefragCompare @arguments -WarningVariable warnings -WarningAction SilentlyContinue 6> $null
            $result.Status | Should -Be 'Same'
            $warnings.Count | Should -Be 1
            "$warnings" | Should -Match 'renamed'
            [System.IO.Directory]::GetFiles("$root/state/defragger", '*.damaged-*').Count | Should -Be 1
            @(Get-DefragHistory).Count | Should -Be 1
        }

        It 'is neither asked nor needed with -Throttle Tiers' {
            $arguments = (New-Run $root @{ 'a' = 'x', 'x' }) + @{ Throttle = 'Tiers' }
            $result = (Invoke-Quietly $arguments).Results[0]
            "$($result.Predicted) $($result.Reserved) $($result.PredictedFrom)" | Should -Be '0 0 '
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
