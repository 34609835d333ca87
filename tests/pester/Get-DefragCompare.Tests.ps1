BeforeAll {
    Import-Module "$PSScriptRoot/../../artifacts/module/Defragger/Defragger.psd1" -Force

    # Two directories with the given files: name = baseline's text, candidate's text; $null for no file.
    function New-Run([string] $Root, [System.Collections.IDictionary] $Files) {
        foreach ($name in $Files.Keys) {
            foreach ($side in 0, 1) {
                $path = [System.IO.Path]::Combine($Root, ('base', 'cand')[$side], $name)
                [void] [System.IO.Directory]::CreateDirectory([System.IO.Path]::GetDirectoryName($path))
                if ($null -ne $Files[$name][$side]) { [System.IO.File]::WriteAllText($path, $Files[$name][$side]) }
                else { [System.IO.File]::Delete($path) }
            }
        }
    }

    function Invoke-Compare([string] $Root, [string] $Name, [hashtable] $More = @{}) {
        @(Invoke-DefragCompare "$Root/base" "$Root/cand" -OutputDirectory "$Root/runs/$Name" -NoHistory @More -ErrorAction SilentlyContinue 6> $null)
    }

    function Get-Ids($Failures) { @(foreach ($failure in $Failures) { ([string] $failure.FullyQualifiedErrorId).Split(',')[0] }) -join ' ' }

    $commandName = 'Defragger.PowerShell.Commands.GetDefragCompareCommand'
}

Describe 'Get-DefragCompare' {
    BeforeEach {
        $root = [System.IO.Directory]::CreateTempSubdirectory('defrag-spec-').FullName
        New-Run $root ([ordered]@{ 'same.txt' = 'a', 'a'; 'changed.txt' = 'a', 'b'; 'sub/added.txt' = $null, 'x'; 'sub/removed.txt' = 'x', $null })
    }
    AfterEach { [System.IO.Directory]::Delete($root, $true) }

    It 'lists runs, the newest first' {
        [void] (Invoke-Compare $root 'first')
        [void] (Invoke-Compare $root 'second')
        $newest, $oldest = Get-DefragCompare "$root/runs"
        $newest.Path | Should -Be "$root/runs/second"
        $oldest.Path | Should -Be "$root/runs/first"
        "$($newest.State) $($newest.ExitCode) $($newest.Total) $($newest.Same) $($newest.Changed) $($newest.Added) $($newest.Removed) $($newest.NotCompared)" |
            Should -Be 'Complete 1 4 1 1 1 1 0'
        $newest.Baseline | Should -Be "$root/base"
        $newest.Candidate | Should -Be "$root/cand"
        $newest.Duration.TotalSeconds | Should -BeGreaterThan 0
        @(Get-DefragCompare "$root/runs/first").Count | Should -Be 1
        @(Get-DefragCompare "$root/runs/*", "$root/runs").Count | Should -Be 2
        @([System.IO.DirectoryInfo] "$root/runs/first" | Get-DefragCompare).Count | Should -Be 1
    }

    It 'tells a run that was killed, and one that was gone on with' {
        [void] (Invoke-Compare $root 'one')
        $journal = "$root/runs/one/journal.jsonl"
        $lines = [System.IO.File]::ReadAllLines($journal)
        [System.IO.File]::WriteAllText($journal, "$($lines[0])`n$($lines[1])`n{""result"":{""case"":")
        $run = Get-DefragCompare "$root/runs/one"
        "$($run.State) $($run.ExitCode) $($run.Total)" | Should -Be 'Interrupted  1'
        $started = $run.Started
        [void] (Invoke-Compare $root 'one' @{ Resume = $true })
        $run = Get-DefragCompare "$root/runs/one"
        "$($run.State) $($run.ExitCode) $($run.Total)" | Should -Be 'Complete 1 4'
        $run.Started | Should -Be $started
    }

    It 'says where there is no run, and lists the others of several when one is damaged' {
        [void] (Invoke-Compare $root 'good')
        [void] [System.IO.Directory]::CreateDirectory("$root/runs/bad")
        [System.IO.File]::WriteAllText("$root/runs/bad/journal.jsonl", "no journal`n")
        $failures = $null
        $runs = @(Get-DefragCompare "$root/runs", "$root/none" -ErrorVariable failures -ErrorAction SilentlyContinue)
        $runs.Count | Should -Be 1
        Get-Ids $failures | Should -Be 'JournalDamaged NoEarlierRun'
        [string] $failures[0] | Should -Match 'bad/journal.jsonl'
    }

    It 'is silent where nothing was ever compared' {
        $path = $ExecutionContext.SessionState.Path
        $before = $path.CurrentLocation.Path
        [void] $path.SetLocation($root)
        try { @(Get-DefragCompare).Count | Should -Be 0 } finally { [void] $path.SetLocation($before) }
    }

    It 'gives the results that the run gave' {
        $given = Invoke-Compare $root 'one'
        $read = @(Get-DefragCompare "$root/runs" -Result)
        $read.Count | Should -Be 4
        foreach ($number in 0..3) {
            $given[$number].OutputDirectory | Should -Be "$root/runs/one"
            foreach ($property in 'Case', 'Status', 'Reason', 'Updated', 'BaselinePath', 'CandidatePath', 'ExitCode', 'PeakMemory', 'Ended', 'OutputDirectory') {
                $read[$number].$property | Should -Be $given[$number].$property
            }
        }
        @(Get-DefragCompare "$root/runs/one" -Result -Status Added, Removed).Count | Should -Be 2
        foreach ($pattern in 'added*', 'sub/added.txt') {
            (Get-DefragCompare "$root/runs/one" -Result -Case $pattern).Case | Should -Be 'sub/added.txt'
        }
        @(Get-DefragCompare "$root/runs/one" -Result -Case 'ADDED*').Count | Should -Be 0
    }

    It 'gives the last result of a case, and passes over a damaged line with an error' {
        [void] (Invoke-Compare $root 'one')
        [System.IO.File]::WriteAllText("$root/cand/changed.txt", 'a')
        $journal = "$root/runs/one/journal.jsonl"
        [System.IO.File]::AppendAllText($journal, "{}`n")
        $failures = $null
        $read = @(Get-DefragCompare "$root/runs/one" -Result -ErrorVariable failures -ErrorAction SilentlyContinue)
        $read.Count | Should -Be 4
        Get-Ids $failures | Should -Be 'JournalDamaged'
        $lines = [System.IO.File]::ReadAllLines($journal)
        [System.IO.File]::WriteAllLines($journal, $lines[0..4])
        [void] (Invoke-Compare $root 'one' @{ Resume = $true })
        [string] (Get-DefragCompare "$root/runs/one" -Result -Case changed.txt).Status | Should -Be 'Same'
    }

    It 'goes on with the other runs when one of several cannot be read' {
        [void] (Invoke-Compare $root 'good')
        [void] [System.IO.Directory]::CreateDirectory("$root/runs/bad")
        [System.IO.File]::WriteAllText("$root/runs/bad/journal.jsonl", "no journal`n")
        $failures = $null
        @("$root/runs/bad", "$root/none", "$root/runs/good" | Get-DefragCompare -Result -ErrorVariable failures -ErrorAction SilentlyContinue).Count | Should -Be 4
        Get-Ids $failures | Should -Be 'JournalDamaged NoEarlierRun'
    }

    It 'tells what became of the cases since another run' {
        New-Run $root ([ordered]@{ 'goes.txt' = 'a', 'a'; 'broken.json' = '{}', '{}'; 'still.txt' = 'a', 'b' })
        [void] (Invoke-Compare $root 'old')
        New-Run $root ([ordered]@{
            'same.txt' = 'a', 'c'; 'changed.txt' = 'a', 'a'; 'goes.txt' = $null, $null; 'comes.txt' = 'a', 'a'; 'broken.json' = '{}', '{'
        })
        [void] (Invoke-Compare $root 'new')
        $trends = @(Get-DefragCompare "$root/runs/new" -Since "$root/runs/old")
        (@(foreach ($one in $trends) { "$($one.Case) $($one.Trend)" }) -join ', ') | Should -Be ('broken.json NewlyFailed, changed.txt Fixed, comes.txt Added, ' +
            'goes.txt Removed, same.txt NewlyChanged, still.txt StillChanged, sub/added.txt StillChanged, sub/removed.txt StillChanged')
        "$($trends[0].Before) $($trends[0].After)" | Should -Be 'Same Error'
        (Get-DefragCompare "$root/runs" -Since "$root/runs/old" -Case 's*.txt' | Where-Object Trend -eq NewlyChanged).Case | Should -Be 'same.txt'
    }

    It 'refuses to compare a run with itself' {
        [void] (Invoke-Compare $root 'one')
        $failures = $null
        Get-DefragCompare "$root/runs/one" -Since "$root/runs/one" -ErrorVariable failures -ErrorAction SilentlyContinue
        Get-Ids $failures | Should -Be 'SameRun'
        { Get-DefragCompare "$root/runs/one" -Since "$root/none" } | Should -Throw -ErrorId "NoEarlierRun,$commandName"
    }

    It 'completes -Case from the journal' {
        New-Run $root ([ordered]@{ "it's one.txt" = 'a', 'a' })
        [void] (Invoke-Compare $root 'one')
        $line = "Get-DefragCompare '$root/runs/one' -Result -Case "
        @(([System.Management.Automation.CommandCompletion]::CompleteInput("${line}add", $line.Length + 3, $null)).CompletionMatches.CompletionText) |
            Should -Be 'sub/added.txt'
        @(([System.Management.Automation.CommandCompletion]::CompleteInput("${line}it", $line.Length + 2, $null)).CompletionMatches.CompletionText) |
            Should -Be "'it''s one.txt'"
    }
}
