BeforeAll {
    $manifest = "$PSScriptRoot/../../artifacts/module/Defragger/Defragger.psd1"
    Import-Module $manifest -Force
    $module = Get-Module Defragger
}

Describe 'The module Defragger' {
    It 'exports the cmdlets that it has, and nothing else' {
        $names = [string[]] @($module.ExportedCommands.Keys)
        [array]::Sort($names)
        $names | Should -Be @(
            'Approve-DefragCompare', 'Build-DefragPython', 'Clear-DefragHistory', 'Export-DefragHeapMap',
            'Export-DefragHistory', 'Export-DefragReport', 'Format-DefragDifference', 'Get-DefragCompare', 'Get-DefragHistory', 'Get-DefragPython',
            'Import-DefragHistory', 'Invoke-DefragCompare', 'Measure-DefragMemory',
            'Measure-DefragPython', 'Measure-DefragThrottle', 'Measure-DefragTrace', 'Remove-DefragPython',
            'Set-DefragCompare', 'Start-DefragProcess', 'Test-DefragPython'
        )
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

    It 'shows its results as a table of at most 100 columns' {
        $format = [xml] [System.IO.File]::ReadAllText("$($module.ModuleBase)/Defragger.format.ps1xml")
        foreach ($view in $format.Configuration.ViewDefinitions.View) {
            $width = 0
            foreach ($column in $view.TableControl.TableHeaders.TableColumnHeader) { $width += 1 + [int] $column.Width }
            "$($view.Name): $($width - 1 -le 100)" | Should -Be "$($view.Name): True"
        }
    }
}
