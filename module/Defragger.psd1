@{
    ModuleVersion = '0.1.0'
    GUID = '5f0c2c0a-8d1b-4c5e-9b43-6f1f2d9a7c31'
    Author = 'Defragger contributors'
    CompanyName = 'Defragger contributors'
    Copyright = '(c) 2026 Defragger contributors. MIT License.'
    Description = 'Compares the results of a baseline run with those of a candidate run, one short-lived process per case, throttled by memory.'
    PowerShellVersion = '7.4'
    CompatiblePSEditions = @('Core')

    # First: the load context. The root module lies in Dependencies/ and is found through it.
    NestedModules = @('Defragger.Init.dll')
    RootModule = 'Defragger.PowerShell.dll'
    FormatsToProcess = @('Defragger.format.ps1xml')

    CmdletsToExport = @(
        'Approve-DefragCompare',
        'Build-DefragPython',
        'Clear-DefragHistory',
        'Export-DefragHeapMap',
        'Export-DefragHistory',
        'Export-DefragReport',
        'Format-DefragDifference',
        'Get-DefragCompare',
        'Get-DefragHistory',
        'Get-DefragPython',
        'Import-DefragHistory',
        'Invoke-DefragCompare',
        'Measure-DefragMemory',
        'Measure-DefragPython',
        'Measure-DefragThrottle',
        'Measure-DefragTrace',
        'Remove-DefragPython',
        'Set-DefragCompare',
        'Start-DefragProcess',
        'Test-DefragPython'
    )
    FunctionsToExport = @()
    VariablesToExport = @()
    AliasesToExport = @()

    PrivateData = @{
        PSData = @{
            Tags = @('compare', 'regression', 'SARIF', 'memory', 'throttle', 'Linux')
            LicenseUri = 'https://opensource.org/license/mit'
        }
    }
}
