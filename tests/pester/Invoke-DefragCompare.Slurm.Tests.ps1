# What a call of -Engine Slurm is refused for, on a machine without a cluster; with one: tests/slurm.
BeforeAll {
    Import-Module "$PSScriptRoot/../../artifacts/module/Defragger/Defragger.psd1" -Force
    $commandName = 'Defragger.PowerShell.Commands.InvokeDefragCompareCommand'
}

Describe 'Invoke-DefragCompare -Engine Slurm' {
    BeforeEach {
        $root = [System.IO.Directory]::CreateTempSubdirectory('defrag-spec-').FullName
        foreach ($side in 'base', 'cand') {
            [void] [System.IO.Directory]::CreateDirectory("$root/$side")
            [System.IO.File]::WriteAllText("$root/$side/case", 'x')
        }
        $arguments = @{ Baseline = "$root/base"; Candidate = "$root/cand"; OutputDirectory = "$root/out"; NoHistory = $true }
    }
    AfterEach {
        [System.IO.Directory]::Exists("$root/out") | Should -Be $false
        [System.IO.Directory]::Delete($root, $true)
    }

    It 'takes Slurm''s parameters only with that engine' {
        { Invoke-DefragCompare @arguments -SlurmPartition big } | Should -Throw -ErrorId "NotForEngine,$commandName" -ExpectedMessage '*-SlurmPartition is for -Engine Slurm*'
    }

    It 'does not watch this machine''s memory: <Name>' -ForEach @(
        @{ Name = 'MemoryBudget'; Value = '8GB' }
        @{ Name = 'MemoryTier'; Value = '8GB=2' }
        @{ Name = 'Throttle'; Value = 'Tiers' }
    ) {
        $arguments[$Name] = $Value
        { Invoke-DefragCompare @arguments -Engine Slurm } | Should -Throw -ErrorId "NotForEngine,$commandName" -ExpectedMessage "*-$Name*Slurm shares memory out*"
    }

    It 'refuses an option of sbatch that is the run''s own: <Option>' -ForEach @(
        @{ Option = '--mem=4G'; Message = '*-CaseMemoryLimit*' }
        @{ Option = '--array=1-9'; Message = '*numbers its tasks itself*' }
        @{ Option = '-pbig'; Message = '*-SlurmPartition*' }
        @{ Option = 'qos=low'; Message = '*does not begin with*' }
    ) {
        { Invoke-DefragCompare @arguments -Engine Slurm -SlurmOption '--exclusive', $Option } | Should -Throw -ErrorId "InvalidSlurmOption,$commandName" -ExpectedMessage $Message
    }

    It 'refuses a time that sbatch does not take: <Time>' -ForEach @(@{ Time = 'soon' }, @{ Time = '1h' }, @{ Time = '-5' }) {
        { Invoke-DefragCompare @arguments -Engine Slurm -SlurmTime $Time } | Should -Throw -ErrorId "ParameterArgumentValidationError,$commandName"
    }

    It 'says what is missing where there is no Slurm, and writes nothing' {
        $path = $env:PATH
        $env:PATH = "$root/nothing"
        try {
            { Invoke-DefragCompare @arguments -Engine Slurm -ExitCode } | Should -Throw -ErrorId "ClusterNotUsable,$commandName" -ExpectedMessage '*sbatch*not on the PATH*'
            $LASTEXITCODE | Should -Be 3
        }
        finally { $env:PATH = $path }
    }
}
