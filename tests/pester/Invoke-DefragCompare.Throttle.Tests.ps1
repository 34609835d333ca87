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
}
