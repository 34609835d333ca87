BeforeAll {
    Import-Module "$PSScriptRoot/../../artifacts/module/Defragger/Defragger.psd1" -Force
    $commandName = 'Defragger.PowerShell.Commands.MeasureDefragThrottleCommand'

    function Get-ErrorId([scriptblock] $Call) {
        try { & $Call > $null } catch { return [string] $_.FullyQualifiedErrorId }
    }
}

Describe 'Measure-DefragThrottle' {
    BeforeEach { $root = [System.IO.Directory]::CreateTempSubdirectory('defrag-spec-').FullName }
    AfterEach { [System.IO.Directory]::Delete($root, $true) }

    It 'tells of each trace, seed and policy what became of it' {
        $told = @(Measure-DefragThrottle -Trace Giant, Ramps -Policy Predictive, FixedQuarter -Seed 1, 2)
        $told.Count | Should -Be 8
        foreach ($one in $told) {
            $one.Ended | Should -Be $true
            $one.Ratio | Should -BeGreaterThan 0.99
            [math]::Abs($one.Makespan.TotalSeconds / $one.LowerBound.TotalSeconds - $one.Ratio) | Should -BeLessThan 0.001
        }
        $told[0].Trace | Should -Be 'Giant'
        $told[0].Policy | Should -Be 'Predictive'
        $told[0].Seed | Should -Be 1
        $told[0].Cases | Should -Be 10001
        $told[0].Lost + $told[0].KernelKills | Should -Be 0
    }

    It 'gives the same for the same seed and another result for another one' {
        $told = @(Measure-DefragThrottle -Trace MemoryBound -Policy Predictive -Seed 3, 3, 4)
        $told[0].Makespan | Should -Be $told[1].Makespan
        $told[0].Makespan | Should -Not -Be $told[2].Makespan
    }

    It 'plays on the machine that it is told of' {
        $told = @(Measure-DefragThrottle -Trace Cold -Policy Predictive -Cores 4 -Memory 8GB)
        $told[0].PeakMemory | Should -BeLessOrEqual 8GB
        $told[0].PeakMemory | Should -BeGreaterThan 4GB
    }

    It 'plays cases that are handed in, and passes over those for which nothing was run' {
        $rows = foreach ($i in 1..40) { [pscustomobject] @{ Case = "a/$i"; PeakMemory = 1GB; Duration = [timespan]::FromSeconds(10) } }
        $rows += [pscustomobject] @{ Case = 'a/none'; PeakMemory = 0; Duration = [timespan]::Zero }
        $told = @($rows | Measure-DefragThrottle -Policy Predictive -Cores 4 -Memory 64GB)
        $told.Count | Should -Be 1
        $told[0].Trace | Should -Be 'Replay'
        $told[0].Cases | Should -Be 40
        $told[0].Makespan.TotalSeconds | Should -Be 100
        $told[0].Ratio | Should -Be 1
    }

    It 'draws the memory of one run of each policy' {
        $file = [System.IO.Path]::Combine($root, 'memory.svg')
        Measure-DefragThrottle -Trace Ramps -Policy Predictive, Tiers -Plot $file > $null
        $svg = [System.IO.File]::ReadAllText($file)
        $svg | Should -Match '<svg'
        $svg | Should -Match 'Predictive'
        $svg | Should -Match 'Tiers'
        Get-ErrorId { Measure-DefragThrottle -Trace Ramps -Policy Tiers -Plot $file } | Should -Be "OutputExists,$commandName"
        Measure-DefragThrottle -Trace Ramps -Policy Tiers -Plot $file -Force > $null
        [System.IO.File]::ReadAllText($file) | Should -Not -Match 'Predictive'
    }

    It 'writes no file with -WhatIf' {
        $file = [System.IO.Path]::Combine($root, 'memory.svg')
        $told = @(Measure-DefragThrottle -Trace Ramps -Policy FixedAll -Plot $file -WhatIf)
        $told.Count | Should -Be 1
        [System.IO.File]::Exists($file) | Should -Be $false
    }

    It 'says what is wrong: <Id>' -ForEach @(
        @{ Id = 'InvalidMemorySize'; Arguments = @{ Memory = 'much' } }
        @{ Id = 'InvalidMemorySize'; Arguments = @{ Memory = '90%' } }
        @{ Id = 'InvalidMemorySize'; Arguments = @{ Memory = '1MB' } }
        @{ Id = 'InvalidPlot'; Arguments = @{ Trace = 'Seed', 'Cold'; Plot = 'x.svg' } }
        @{ Id = 'OutputNotWritable'; Arguments = @{ Trace = 'Seed'; Plot = '/no/such/directory/x.svg' } }
        @{ Id = 'NoCase'; Arguments = @{ Case = 'a'; PeakMemory = 0; Duration = [timespan]::Zero } }
        @{ Id = 'ParameterArgumentValidationError'; Arguments = @{ Trace = 'Nothing' } }
        @{ Id = 'ParameterArgumentValidationError'; Arguments = @{ Policy = 'Luck' } }
    ) {
        Get-ErrorId { Measure-DefragThrottle @Arguments } | Should -Be "$Id,$commandName"
    }

    It 'offers every trace and every policy that there is' {
        # Their defaults are made of the library's own lists.
        $command = Get-Command Measure-DefragThrottle
        $fresh = [System.Activator]::CreateInstance($command.ImplementingType)
        foreach ($name in 'Trace', 'Policy') {
            $allowed = @(foreach ($attribute in $command.Parameters[$name].Attributes) {
                if ($attribute -is [System.Management.Automation.ValidateSetAttribute]) { $attribute.ValidValues }
            })
            $allowed | Should -Be $fresh.$name
        }
    }
}
