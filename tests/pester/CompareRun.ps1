# What the specs of Invoke-DefragCompare share: a run that is made, and what came of it.

# Two directories with the given files: name = baseline's text, candidate's text; $null for no file.
function New-Run([string] $Root, [System.Collections.IDictionary] $Files) {
    $sides = [System.IO.Path]::Combine($Root, 'base'), [System.IO.Path]::Combine($Root, 'cand')
    foreach ($side in 0, 1) {
        [void] [System.IO.Directory]::CreateDirectory($sides[$side])
        foreach ($name in $Files.Keys) {
            $text = $Files[$name][$side]
            if ($null -eq $text) { continue }
            $path = [System.IO.Path]::Combine($sides[$side], $name)
            [void] [System.IO.Directory]::CreateDirectory([System.IO.Path]::GetDirectoryName($path))
            [System.IO.File]::WriteAllText($path, $text)
        }
    }
    @{ Baseline = $sides[0]; Candidate = $sides[1]; OutputDirectory = [System.IO.Path]::Combine($Root, 'out') }
}

function New-Root { [System.IO.Directory]::CreateTempSubdirectory('defrag-spec-').FullName }

# Runs quietly; gives results, errors by id, and the exit code.
function Invoke-Quietly([hashtable] $Arguments) {
    $failures = $null
    $results = @(Invoke-DefragCompare @Arguments -ExitCode -ErrorVariable failures -ErrorAction SilentlyContinue 6> $null)
    @{
        Results = $results
        ExitCode = $LASTEXITCODE
        ErrorIds = @(foreach ($failure in $failures) { ([string] $failure.FullyQualifiedErrorId).Split(',')[0] })
    }
}

function Get-Status($Run, [string] $Case) {
    foreach ($result in $Run.Results) { if ($result.Case -eq $Case) { return [string] $result.Status } }
}
