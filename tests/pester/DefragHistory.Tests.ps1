BeforeAll {
    Import-Module "$PSScriptRoot/../../artifacts/module/Defragger/Defragger.psd1" -Force

    function New-Root { [System.IO.Directory]::CreateTempSubdirectory('defrag-spec-').FullName }

    # A history with three cases of which two have a lower bound; gives its file.
    function New-History([string] $Root) {
        $csv = "$Root/made.csv"
        [System.IO.File]::WriteAllText($csv, "case,comparer,platform,outcome,peak_bytes,seconds,ended`n" +
            "a/one.json,built-in 1,linux-x64,Ended,1048576,1.5,2026-01-01T10:00:00Z`n" +
            "a/one.json,built-in 1,linux-x64,Ended,3145728,2.5,2026-01-02T10:00:00Z`n" +
            "a/two.json,built-in 1,linux-x64,OutOfMemory,9437184,0,2026-02-01T10:00:00Z`n" +
            "b/[three].csv,cmp,linux-arm64,Ended,2097152,0.25,2026-03-01T10:00:00Z`n")
        Import-DefragHistory $csv -History "$Root/history.db"
        "$Root/history.db"
    }

    function Get-Names($Rows) { @(foreach ($row in $Rows) { $row.Case }) -join ', ' }
}

Describe 'The history of peaks' {
    BeforeEach {
        $root = New-Root
        $state = $env:XDG_STATE_HOME
        $env:XDG_STATE_HOME = "$root/state"
    }
    AfterEach {
        $env:XDG_STATE_HOME = $state
        [System.IO.Directory]::Delete($root, $true)
    }

    Context 'Get-DefragHistory' {
        It 'shows what each case needed' {
            $history = New-History $root
            $one, $two, $three = Get-DefragHistory -History $history
            "$($one.Case) $($one.Need) $($one.Duration.TotalSeconds) $($one.Runs) $($one.Comparer)" | Should -Be 'a/one.json 3145728 2.5 2 built-in 1'
            $one.Samples[1].Peak | Should -Be 1048576
            "$($two.Runs) $($two.LowerBound) $($two.Need)" | Should -Be '0 9437184 9437184'
            $three.Platform | Should -Be 'linux-arm64'
        }

        It 'takes wildcards: <Filter> gives <Names>' -ForEach @(
            @{ Filter = @{ Case = 'a/*' }; Names = 'a/one.json, a/two.json' }
            @{ Filter = @{ Case = '*two*', '*three*' }; Names = 'a/two.json, b/[three].csv' }
            @{ Filter = @{ Case = 'A/*' }; Names = '' }
            @{ Filter = @{ Comparer = 'built-in*' }; Names = 'a/one.json, a/two.json' }
            @{ Filter = @{ Platform = '*arm64' }; Names = 'b/[three].csv' }
            @{ Filter = @{ Case = 'b/*'; Comparer = 'built-in*' }; Names = '' }
        ) {
            Get-Names (Get-DefragHistory @Filter -History (New-History $root)) | Should -Be $Names
        }

        It 'takes names from the pipeline' {
            $history = New-History $root
            Get-Names ('*one*', '*three*' | Get-DefragHistory -History $history) | Should -Be 'a/one.json, b/[three].csv'
        }

        It 'knows nothing where there is no file, and makes none' {
            @(Get-DefragHistory).Count | Should -Be 0
            [System.IO.Directory]::Exists("$root/state") | Should -BeFalse
        }

        It 'refuses a file that is no history' {
            [System.IO.File]::WriteAllText("$root/junk", 'x' * 5000)
            { Get-DefragHistory -History "$root/junk" } | Should -Throw -ErrorId 'HistoryNotUsable,Defragger.PowerShell.Commands.GetDefragHistoryCommand'
            [System.IO.File]::ReadAllText("$root/junk").Length | Should -Be 5000
        }
    }

    Context 'Clear-DefragHistory' {
        It 'forgets <Left> with <Filter>' -ForEach @(
            @{ Filter = @{ Case = '*one*' }; Left = 'a/two.json, b/[three].csv' }
            @{ Filter = @{ Before = '2026-01-15' }; Left = 'a/two.json, b/[three].csv' }
            @{ Filter = @{ Comparer = 'cmp' }; Left = 'a/one.json, a/two.json' }
            @{ Filter = @{}; Left = '' }
            @{ Filter = @{ WhatIf = $true }; Left = 'a/one.json, a/two.json, b/[three].csv' }
        ) {
            $history = New-History $root
            Clear-DefragHistory @Filter -History $history
            Get-Names (Get-DefragHistory -History $history) | Should -Be $Left
        }

        It 'forgets the cases that Get-DefragHistory gives, whatever letters are in their names' {
            $history = New-History $root
            Get-DefragHistory -History $history | Where-Object Need -lt 5MB | Clear-DefragHistory -History $history
            Get-Names (Get-DefragHistory -History $history) | Should -Be 'a/two.json'
        }

        It 'forgets nothing for an empty pipeline' {
            $history = New-History $root
            @() | Clear-DefragHistory -History $history
            @(Get-DefragHistory -History $history).Count | Should -Be 3
        }
    }

    Context 'Export-DefragHistory and Import-DefragHistory' {
        It 'bring it to another place' {
            $history = New-History $root
            (Export-DefragHistory -Path "$root/out.csv" -History $history -PassThru).Name | Should -Be 'out.csv'
            $rows = @(Import-DefragHistory "$root/out.csv" -History "$root/other.db" -PassThru)
            Get-Names $rows | Should -Be 'a/one.json, a/two.json, b/[three].csv'
            Import-DefragHistory "$root/out.csv" -History "$root/other.db"
            Export-DefragHistory -Path "$root/again.csv" -History "$root/other.db"
            [System.IO.File]::ReadAllText("$root/again.csv") | Should -Be ([System.IO.File]::ReadAllText("$root/out.csv"))
        }

        It 'refuses to replace a file, but with -Force' {
            $history = New-History $root
            [System.IO.File]::WriteAllText("$root/out.csv", 'precious')
            { Export-DefragHistory -Path "$root/out.csv" -History $history } | Should -Throw -ErrorId 'OutputExists,Defragger.PowerShell.Commands.ExportDefragHistoryCommand'
            Export-DefragHistory -Path "$root/out.csv" -History $history -Force -WhatIf
            [System.IO.File]::ReadAllText("$root/out.csv") | Should -Be 'precious'
            Export-DefragHistory 'b/*' -Path "$root/out.csv" -History $history -Force
            [System.IO.File]::ReadAllLines("$root/out.csv").Count | Should -Be 2
            [System.IO.Directory]::GetFiles($root, '*.new').Count | Should -Be 0
        }

        It 'tell each wrong line, and add the rest' {
            [System.IO.File]::WriteAllText("$root/in.csv", "case,comparer,platform,outcome,peak_bytes,seconds,ended`n" +
                "../out,c,p,Ended,1,1,2026-01-01`nok,c,p,Ended,1,1,2026-01-01`nbad,c,p,Ended,much,1,2026-01-01`n")
            $failures = $null
            Import-DefragHistory "$root/in.csv" -History "$root/history.db" -ErrorVariable failures -ErrorAction SilentlyContinue
            @(foreach ($failure in $failures) { "$($failure.FullyQualifiedErrorId.Split(',')[0]) $($failure.TargetObject)" }) -join '; ' |
                Should -Be "InvalidHistoryRow $root/in.csv:2; InvalidHistoryRow $root/in.csv:4"
            "$($failures[1])" | Should -Match 'much'
            Get-Names (Get-DefragHistory -History "$root/history.db") | Should -Be 'ok'
        }

        It 'refuse a file of another kind' {
            [System.IO.File]::WriteAllText("$root/in.csv", "name,size`na,1`n")
            { Import-DefragHistory "$root/in.csv" -History "$root/history.db" } | Should -Throw -ErrorId 'InvalidHistoryFile,Defragger.PowerShell.Commands.ImportDefragHistoryCommand'
            { Import-DefragHistory "$root/none.csv" -History "$root/history.db" } | Should -Throw -ErrorId 'InputReadFailed,Defragger.PowerShell.Commands.ImportDefragHistoryCommand'
        }

        It 'lose nothing when two processes write at once' {
            $runs = foreach ($number in 1, 2) {
                $lines = foreach ($case in 1..3000) { "run$number/case$case,c,p,Ended,1000,1,2026-01-01" }
                [System.IO.File]::WriteAllText("$root/in$number.csv", "case,comparer,platform,outcome,peak_bytes,seconds,ended`n" + ($lines -join "`n") + "`n")
                $start = [System.Diagnostics.ProcessStartInfo]::new([System.IO.Path]::GetFullPath("$PSScriptRoot/../../defrag"))
                foreach ($word in 'Import-DefragHistory', "$root/in$number.csv", '-History', "$root/both.db") { $start.ArgumentList.Add($word) }
                [System.Diagnostics.Process]::Start($start)
            }
            foreach ($run in $runs) {
                $run.WaitForExit()
                $run.ExitCode | Should -Be 0
            }
            @(Get-DefragHistory -History "$root/both.db").Count | Should -Be 6000
        }

        It 'add nothing with -WhatIf' {
            $history = New-History $root
            Export-DefragHistory -Path "$root/out.csv" -History $history
            Import-DefragHistory "$root/out.csv" -History "$root/other.db" -WhatIf
            [System.IO.File]::Exists("$root/other.db") | Should -BeFalse
        }
    }
}
