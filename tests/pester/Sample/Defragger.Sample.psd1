@{
    RootModule = 'Defragger.Sample.dll'
    ModuleVersion = '0.1.0'
    GUID = '0b8f5c1e-5a43-4f0e-8a55-7d1b8a6f2c11'
    Author = 'Defragger contributors'
    Description = 'A binary module with one of everything, to test the hosts with.'
    PowerShellVersion = '7.4'
    CompatiblePSEditions = @('Core')
    CmdletsToExport = @('Test-Word', 'Invoke-Ending', 'Stop-Everything', 'Write-Everything', 'Wait-Forever')
    FunctionsToExport = @()
    AliasesToExport = @()
    VariablesToExport = @()
}
