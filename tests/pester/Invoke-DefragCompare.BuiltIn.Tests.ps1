BeforeAll {
    Import-Module "$PSScriptRoot/../../artifacts/module/Defragger/Defragger.psd1" -Force
    . "$PSScriptRoot/CompareRun.ps1"
    $commandName = 'Defragger.PowerShell.Commands.InvokeDefragCompareCommand'
}

Describe 'Invoke-DefragCompare with the built-in comparer' {
    BeforeEach {
        $root = New-Root
        $state = $env:XDG_STATE_HOME
        $env:XDG_STATE_HOME = "$root/state" # never the history of whoever runs the specs
    }
    AfterEach {
        $env:XDG_STATE_HOME = $state
        [System.IO.Directory]::Delete($root, $true)
    }

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
