BeforeAll {
    $manifest = "$PSScriptRoot/../../artifacts/module/Defragger/Defragger.psd1"
    Import-Module $manifest -Force
    $module = Get-Module Defragger
}

Describe 'The module Defragger' {
    It 'exports the cmdlets that it has, and nothing else' {
        # One file each: Commands/InvokeDefragCompareCommand.cs is Invoke-DefragCompare. What has no verb is a base class.
        $files = [System.IO.Directory]::GetFiles("$PSScriptRoot/../../module/src/Commands", '*Defrag*Command.cs')
        $names = @(foreach ($file in $files) { [System.IO.Path]::GetFileName($file) -creplace '^([A-Z][a-z]+)(Defrag\w*)Command\.cs$', '$1-$2' })
        $names.Count | Should -BeGreaterThan 1
        foreach ($name in $names) { @($module.ExportedCommands.Keys) | Should -Contain $name }
        $module.ExportedCommands.Count | Should -Be $names.Count
    }

    It 'keeps its libraries in a load context of its own' {
        $assembly = (Get-Command Invoke-DefragCompare).ImplementingType.Assembly
        $context = [System.Runtime.Loader.AssemblyLoadContext]::GetLoadContext($assembly)
        $context.Name | Should -Be 'Defragger'
        foreach ($library in $assembly.GetReferencedAssemblies()) {
            if ($library.Name -notin 'Defragger') { continue }
            $loaded = [System.Runtime.Loader.AssemblyLoadContext]::GetLoadContext($context.LoadFromAssemblyName($library))
            $loaded.Name | Should -Be 'Defragger'
        }
    }

    It 'ships no part of the engine' {
        $files = [System.IO.Directory]::GetFiles($module.ModuleBase, 'System.Management.Automation.dll', 'AllDirectories')
        $files.Count | Should -Be 0
    }

    It 'has help for every parameter, and no help for what is not there' {
        $common = [System.Management.Automation.PSCmdlet]::CommonParameters
        foreach ($command in $module.ExportedCommands.Keys) {
            $help = Get-Help $command -Full
            $described = @(foreach ($parameter in $help.parameters.parameter) { [string] $parameter.name })
            $real = @(foreach ($name in (Get-Command $command).Parameters.Keys) { if ($name -notin $common) { $name } })
            foreach ($name in $real) { $described | Should -Contain $name -Because $command }
            foreach ($name in $described) { $real | Should -Contain $name -Because $command }
            foreach ($parameter in $help.parameters.parameter) { ([string] $parameter.description.Text) | Should -Not -BeNullOrEmpty }
            @($help.examples.example).Count | Should -BeGreaterThan 0 -Because $command
        }
    }

    It 'shows its results as a table of at most 100 columns' {
        $format = [xml] [System.IO.File]::ReadAllText("$($module.ModuleBase)/Defragger.format.ps1xml")
        foreach ($view in $format.Configuration.ViewDefinitions.View) {
            $width = 0
            foreach ($column in $view.TableControl.TableHeaders.TableColumnHeader) { $width += 1 + [int] $column.Width }
            $width - 1 | Should -BeLessOrEqual 100 -Because $view.Name
        }
    }
}
