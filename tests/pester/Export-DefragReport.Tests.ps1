BeforeAll {
    Import-Module "$PSScriptRoot/../../artifacts/module/Defragger/Defragger.psd1" -Force
    $commandName = 'Defragger.PowerShell.Commands.ExportDefragReportCommand'

    function New-Root { [System.IO.Directory]::CreateTempSubdirectory('defrag-spec-').FullName }

    # A run of three cases: same.txt, changed.txt, and new.txt that only the candidate has.
    function New-Run([string] $Root, [hashtable] $Arguments = @{}) {
        foreach ($side in 'base', 'cand') {
            [void] [System.IO.Directory]::CreateDirectory("$Root/$side")
            [System.IO.File]::WriteAllText("$Root/$side/same.txt", "one`n")
            [System.IO.File]::WriteAllText("$Root/$side/changed.txt", "one`ntwo of $side`n")
        }
        [System.IO.File]::WriteAllText("$Root/cand/new.txt", "one`n")
        $null = Invoke-DefragCompare "$Root/base" "$Root/cand" -OutputDirectory "$Root/out" -NoHistory @Arguments 6> $null
        "$Root/out"
    }

    function Read-Text([string] $Path) { [System.IO.File]::ReadAllText($Path) }
}

Describe 'Export-DefragReport' {
    BeforeEach { $root = New-Root }
    AfterEach { [System.IO.Directory]::Delete($root, $true) }

    It 'writes one page on a run that was' {
        $file = Export-DefragReport (New-Run $root)
        $file.FullName | Should -Be "$root/out/report.html"
        Read-Text $file.FullName | Should -Match '2 of 3 cases differ\.'
        Read-Text $file.FullName | Should -Match 'two of '
    }

    It 'writes each kind of report, named as on a command line' {
        $files = @(Export-DefragReport (New-Run $root) -Format html, junit, sarif, jsonl, csv, markdown -Destination "$root/reports")
        ($files | ForEach-Object { $_.Name }) -join ' ' |
            Should -Be 'report.html junit.xml report.sarif report.jsonl report.csv report.md'
        $suite = ([xml] (Read-Text "$root/reports/junit.xml")).testsuites.testsuite
        "$($suite.tests) $($suite.failures) $($suite.errors)" | Should -Be '3 2 0'
        @([System.IO.File]::ReadAllLines("$root/reports/report.csv")).Count | Should -Be 4
        @([System.IO.File]::ReadAllLines("$root/reports/report.jsonl")).Count | Should -Be 4
        Read-Text "$root/reports/report.sarif" | Should -Match '"baselineState": "new"'
        Read-Text "$root/reports/report.md" | Should -Match '2 of 3 cases differ\.'
    }

    It 'takes the formats in one word, as a shell has them' {
        @(Export-DefragReport (New-Run $root) -Format 'csv,jsonl').Count | Should -Be 2
    }

    It 'takes directories from the pipeline, and goes on after one that is no run' {
        $out = New-Run $root
        [void] [System.IO.Directory]::CreateDirectory("$root/empty")
        $files = @([System.IO.DirectoryInfo]::new("$root/empty"), [System.IO.DirectoryInfo]::new($out) |
                Export-DefragReport -ErrorVariable failures -ErrorAction SilentlyContinue)
        $files.Count | Should -Be 1
        [string] $failures[0].FullyQualifiedErrorId | Should -Be "NoRun,$commandName"
    }

    It 'replaces a report only with -Force' {
        $out = New-Run $root
        $null = Export-DefragReport $out
        $again = Export-DefragReport $out -ErrorVariable failures -ErrorAction SilentlyContinue
        $again | Should -BeNullOrEmpty
        [string] $failures[0].FullyQualifiedErrorId | Should -Be "OutputExists,$commandName"
        (Export-DefragReport "$out/journal.jsonl" -Force).Name | Should -Be 'report.html'
    }

    It 'writes nothing under -WhatIf' {
        $out = New-Run $root
        Export-DefragReport $out -WhatIf | Should -BeNullOrEmpty
        [System.IO.File]::Exists("$out/report.html") | Should -BeFalse
    }

    It 'tells of a damaged journal' {
        $out = New-Run $root
        [System.IO.File]::AppendAllText("$out/journal.jsonl", "{`n")
        Export-DefragReport $out -ErrorVariable failures -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        [string] $failures[0].FullyQualifiedErrorId | Should -Be "JournalDamaged,$commandName"
        [string] $failures[0] | Should -Match 'journal\.jsonl'
    }
}

Describe 'Invoke-DefragCompare -Report' {
    BeforeEach { $root = New-Root }
    AfterEach { [System.IO.Directory]::Delete($root, $true) }

    It 'writes reports when the run is over' {
        $out = New-Run $root @{ Report = 'html,junit' }
        Read-Text "$out/report.html" | Should -Match '2 of 3 cases differ\.'
        [System.IO.File]::Exists("$out/junit.xml") | Should -BeTrue
        [System.IO.File]::Exists("$out/report.csv") | Should -BeFalse
    }

    It 'removes what an earlier run reported there' {
        $out = New-Run $root @{ Report = 'csv', 'html' }
        $null = New-Run $root @{ Report = 'html'; Force = $true }
        [System.IO.File]::Exists("$out/report.csv") | Should -BeFalse
        [System.IO.File]::Exists("$out/report.html") | Should -BeTrue
    }

    It 'replaces no file of that name that is of no run' {
        [void] [System.IO.Directory]::CreateDirectory("$root/out")
        [System.IO.File]::WriteAllText("$root/out/report.md", 'mine')
        { New-Run $root @{ Report = 'markdown' } } | Should -Throw -ErrorId 'OutputExists,Defragger.PowerShell.Commands.InvokeDefragCompareCommand'
        Read-Text "$root/out/report.md" | Should -Be 'mine'
    }

    It 'gives an ignored case its reason' {
        [System.IO.File]::WriteAllText("$root/known.json", '[{ "case": "changed.txt", "reason": "two of them", "bug": "#7" }]')
        $out = New-Run $root @{ Report = 'html,junit'; IgnoreRule = "$root/known.json" }
        Read-Text "$out/junit.xml" | Should -Match 'two of them \(#7\)'
        Read-Text "$out/report.html" | Should -Match '<td>two of them</td><td>#7</td>'
    }

    It 'knows no other format' {
        { New-Run $root @{ Report = 'pdf' } } | Should -Throw
    }
}
