BeforeDiscovery {
    Import-Module "$PSScriptRoot/../../artifacts/module/Defragger/Defragger.psd1" -Force
    $names = [string[]] @((Get-Module Defragger).ExportedCmdlets.Keys)
    [array]::Sort($names)
}

BeforeAll {
    Import-Module "$PSScriptRoot/../../artifacts/module/Defragger/Defragger.psd1" -Force
    $pages = [System.IO.Path]::GetFullPath("$PSScriptRoot/../../module/docs")

    # What a person sees, without the line breaks that the view puts in.
    function Show-Text($Thing) { [string]::Join('', @($Thing | Out-String -Stream -Width 4096)) }
    function Get-Text($Paragraphs) { [string]::Join(' ', @(foreach ($paragraph in $Paragraphs) { $paragraph.Text })) }
}

Describe 'The help of <_>' -ForEach $names {
    BeforeAll {
        $name = $_
        $help = Get-Help $name -Full
        $command = Get-Command $name
        $common = [System.Management.Automation.PSCmdlet]::CommonParameters
        $real = @(foreach ($parameter in $command.Parameters.Values) { if ($parameter.Name -notin $common) { $parameter } })
    }

    It 'comes from its page' {
        $page = [System.IO.File]::ReadAllText("$pages/$name.md")
        $page | Should -BeLike "# $name`n*"
        $synopsis = [regex]::Match($page, '(?s)## Synopsis\n\n(.*?)\n\n##').Groups[1].Value.Replace('`', '')
        $help.Synopsis | Should -Be ($synopsis -replace '\s+', ' ')
        (Get-Text $help.description).Length | Should -BeGreaterThan 60
    }

    It 'describes every parameter, and none that is not there' {
        $told = [string[]] @(foreach ($parameter in $help.parameters.parameter) { [string] $parameter.name })
        $there = [string[]] @(foreach ($parameter in $real) { $parameter.Name })
        [array]::Sort($told)
        [array]::Sort($there)
        $told | Should -Be $there
        foreach ($parameter in $help.parameters.parameter) { Get-Text $parameter.description | Should -Not -BeNullOrEmpty }
    }

    It 'says of each parameter what the cmdlet says' {
        foreach ($parameter in $real) {
            $told = Get-Help $name -Parameter $parameter.Name
            $told.name | Should -Be $parameter.Name
            $attribute = @($parameter.Attributes | Where-Object { $_ -is [System.Management.Automation.ParameterAttribute] })
            $mandatory = @($attribute | Where-Object { -not $_.Mandatory }).Count -eq 0
            "$name -$($told.name): $($told.required)" | Should -Be "$name -$($told.name): $($mandatory.ToString().ToLowerInvariant())"
            $byValue = @($attribute | Where-Object { $_.ValueFromPipeline }).Count -gt 0
            "$name -$($told.name): $([string] $told.pipelineInput -like '*ByValue*')" | Should -Be "$name -$($told.name): $byValue"
            $alias = if ($parameter.Aliases.Count -gt 0) { $parameter.Aliases -join ', ' } else { 'none' }
            $told.aliases | Should -Be $alias
            if (-not $parameter.SwitchParameter) { $told.parameterValue | Should -Not -BeNullOrEmpty }
            [string] $told.defaultValue | Should -Not -BeNullOrEmpty
        }
    }

    It 'has the syntax of each parameter set' {
        $sets = @($help.syntax.syntaxItem)
        $sets.Count | Should -Be $command.ParameterSets.Count
        $told = foreach ($set in $sets) { $one = [string[]] @($set.parameter.name); [array]::Sort($one); $one -join ' ' }
        foreach ($set in $command.ParameterSets) {
            $one = [string[]] @($set.Parameters.Name | Where-Object { $_ -notin $common })
            [array]::Sort($one)
            $told | Should -Contain ($one -join ' ')
        }
    }

    It 'shows its examples with -Examples' {
        $examples = @($help.examples.example)
        $examples.Count | Should -BeGreaterThan 0
        @((Get-Help $name -Examples).examples.example).Count | Should -Be $examples.Count
        for ($i = 0; $i -lt $examples.Count; $i++) {
            $examples[$i].title | Should -BeLike "Example $($i + 1): ?*"
            $examples[$i].code | Should -BeLike "*$name*"
            Get-Text $examples[$i].remarks | Should -Not -BeNullOrEmpty
        }
    }

    It 'says what comes in and what comes out' {
        $types = @(foreach ($type in $command.OutputType) { if ($type.Name -ne 'System.Void') { $type.Name } })
        $expected = if ($types.Count -gt 0) { $types -join ', ' } else { 'None' }
        [string] $help.returnValues.returnValue.type.name | Should -Be $expected
        $takes = @($real | Where-Object { @($_.Attributes | Where-Object { $_.ValueFromPipeline -or $_.ValueFromPipelineByPropertyName }).Count -gt 0 }).Count -gt 0
        ([string] $help.inputTypes.inputType.type.name -ne 'None') | Should -Be $takes
    }
}

Describe 'What the engine knows better than a page' {
    It 'tells the default of <Command> -<Name>: <Default>' -ForEach @(
        @{ Command = 'Invoke-DefragCompare'; Name = 'OomRetry'; Default = '2' }
        @{ Command = 'Invoke-DefragCompare'; Name = 'Throttle'; Default = 'Predictive' }
        @{ Command = 'Invoke-DefragCompare'; Name = 'ThrottleLimit'; Default = 'the number of cores; with -Engine Slurm what the cluster has room for' }
        @{ Command = 'Invoke-DefragCompare'; Name = 'Resume'; Default = 'False' }
        @{ Command = 'Invoke-DefragCompare'; Name = 'Baseline'; Default = 'None' }
        @{ Command = 'Measure-DefragThrottle'; Name = 'Memory'; Default = '64GB' }
        @{ Command = 'Build-DefragPython'; Name = 'Optimize'; Default = 'None' }
    ) {
        [string] (Get-Help $Command -Parameter $Name).defaultValue | Should -Be $Default
    }

    It 'tells the words and numbers that a parameter accepts' {
        Get-Text (Get-Help Measure-DefragThrottle -Parameter Trace).description | Should -BeLike '*Accepted values: Seed, MemoryBound, *'
        Get-Text (Get-Help Invoke-DefragCompare -Parameter Throttle).description | Should -BeLike '*Accepted values: Predictive, Tiers.'
        Get-Text (Get-Help Invoke-DefragCompare -Parameter ThrottleLimit).description | Should -BeLike '*Accepted range: 1 to 4096.'
        $throttle = @((Get-Help Invoke-DefragCompare).syntax.syntaxItem.parameter | Where-Object name -EQ Throttle)
        $throttle.parameterValueGroup.parameterValue | Should -Be 'Predictive', 'Tiers'
        Get-Text (Get-Help Measure-DefragThrottle -Parameter PeakMemory).description | Should -BeLike '*Accepted: 0 or more.'
    }

    It 'tells an alias and a wildcard' {
        (Get-Help Export-DefragHeapMap -Parameter Path).aliases | Should -Be 'FullName'
        (Get-Help Get-DefragHistory -Parameter Case).globbing | Should -Be 'true'
    }
}

Describe 'The help as text' {
    It 'shows every parameter and every example' {
        if (-not (Get-Command Out-String -ErrorAction Ignore)) { Set-ItResult -Skipped -Because 'this engine has no Out-String (pwsh has)'; return }
        foreach ($name in (Get-Module Defragger).ExportedCmdlets.Keys) {
            $help = Get-Help $name -Full
            $shown = Show-Text $help
            foreach ($parameter in $help.parameters.parameter) { $shown | Should -Match "[ [\[]-$($parameter.name)[] \]]" }
            $examples = Show-Text (Get-Help $name -Examples)
            foreach ($example in $help.examples.example) { $examples.Contains($example.title) | Should -BeTrue }
        }
    }
}

Describe 'Get-Help about_Defragger' {
    It 'shows the topic, in lines that fit a terminal' {
        $lines = ([string] (Get-Help about_Defragger)).TrimEnd("`n").Split("`n")
        $lines[0..1] | Should -Be 'TOPIC', '    about_Defragger'
        foreach ($line in $lines) { "$($line.Length -le 80): $line" | Should -BeLike 'True: *' }
        foreach ($name in (Get-Module Defragger).ExportedCmdlets.Keys) {
            $noun = $name.Split('-')[1]
            [string]::Join("`n", $lines) | Should -Match "\b$($name.Split('-')[0])-(?:[^.;]*\b)?$noun\b"
        }
    }
}
