BeforeDiscovery {
    Import-Module "$PSScriptRoot/../../artifacts/module/Defragger/Defragger.psd1" -Force
    $names = [string[]] @((Get-Module Defragger).ExportedCmdlets.Keys)
    [array]::Sort($names)
    $pages = @(foreach ($name in $names) {
        @{ Name = $name; Examples = @(foreach ($example in (Get-Help $name -Full).examples.example) { @{ Title = [string] $example.title; Code = [string] $example.code } }) }
    })
}

BeforeAll {
    Import-Module "$PSScriptRoot/../../artifacts/module/Defragger/Defragger.psd1" -Force
    $repository = [System.IO.Path]::GetFullPath("$PSScriptRoot/../..")
    $manifest = "$repository/artifacts/module/Defragger/Defragger.psd1"
    $module = Get-Module Defragger
    $hasPython = [bool] (Get-Command python3 -CommandType Application -ErrorAction Ignore)
    $canLink = $hasPython -and [bool] (& sh -c 'ls "$(python3 -c "import sysconfig; print(sysconfig.get_paths()[\"include\"])")/Python.h" 2>/dev/null')

    # The engine that runs this spec runs the examples.
    $process = [System.Environment]::ProcessPath
    $engine = if ([System.IO.Path]::GetFileName($process) -eq 'pwsh') { @($process, '-NoLogo', '-NoProfile', '-NonInteractive', '-Command') }
    else { @('dotnet', "$repository/artifacts/host/defrag-host.dll", '-c') }

    # Not run anywhere: what would have to be there, and what runs the same elsewhere.
    $notRun = @{
        'Build-DefragPython -Version 3.11.2 -Optimize PGO,LTO -Destination /opt/python-defragger -Verbose' =
            'it builds CPython with a profile for half an hour and writes to /opt (./defrag bench python-build builds one)'
        'Build-DefragPython -Source Python-3.12.7.tar.xz -Sha256 (Get-Content Python-3.12.7.sha256) -Configure --with-pydebug' =
            'no archive of CPython is here (Build-DefragPython.Tests.ps1 builds from one that it makes)'
        "Invoke-DefragCompare /shared/base /shared/cand -Engine Slurm -SlurmPartition long -SlurmOption '--qos=low' -OutputDirectory /shared/out" =
            'there is no cluster (tests/slurm starts one)'
    }

    # An example ends with 0, but for the one that shows an exit code of differences.
    $exitCodes = @{ 'Invoke-DefragCompare base cand -OutputDirectory out -Force -ExitCode > $null; exit $LASTEXITCODE' = 1 }

    # Runs a text in a process of its own, in a folder and with nothing of the user's: history, cache and home are here.
    function Invoke-Text([string] $Folder, [string] $Text) {
        $words = @('env', '-C', $Folder, "HOME=$root/home", "XDG_STATE_HOME=$root/state", "XDG_CACHE_HOME=$root/cache", 'NO_COLOR=1') + $engine
        & sh -c 'out=$1; shift; exec "$@" > "$out/out.log" 2> "$out/err.log" < /dev/null' sh $root @words "`$ErrorActionPreference = 'Stop'; Import-Module '$manifest'; $Text"
        @{ ExitCode = $LASTEXITCODE; Output = [System.IO.File]::ReadAllText("$root/out.log"); Errors = [System.IO.File]::ReadAllText("$root/err.log") }
    }

    function Get-CommandNames([string] $Code) {
        $tree = [System.Management.Automation.Language.Parser]::ParseInput($Code, [ref] $null, [ref] $null)
        @(foreach ($call in $tree.FindAll({ $args[0] -is [System.Management.Automation.Language.CommandAst] }, $true)) { $call.GetCommandName() })
    }

    # What the pages take for granted: two runs, a comparer, a worker, its trace, snapshots, a history, and its file.
    function Initialize-Root {
        foreach ($name in 'home', 'cache', 'prepared') { [void] [System.IO.Directory]::CreateDirectory("$root/$name") }
        $folder = "$root/prepared"
        & cp -r "$repository/samples" "$repository/samples/compare.py" "$repository/samples/memory/variation.py" "$repository/samples/traces/python-worker.trace.gz" $folder
        & cp -r "$repository/samples/baseline" "$folder/base"
        & cp -r "$repository/samples/candidate" "$folder/cand"
        & cp "$repository/samples/memory/healthy.py" "$folder/worker.py"
        $made = Invoke-Text $folder 'Invoke-DefragCompare base cand -OutputDirectory learned > $null; Export-DefragHistory -Path history.csv'
        "$($made.ExitCode) $($made.Errors)" | Should -Be '0 '
        if (-not $hasPython) { return }
        $take = 'ctypes.CDLL(None).df_malloc_snapshot(os.open("{0}", os.O_WRONLY | os.O_CREAT, 0o600))'
        $lines = 'import os, ctypes', 'kept = [bytearray(500) for _ in range(40000)]', ($take -f 'heap-1'), 'kept = kept[::100]', 'ctypes.CDLL(None).malloc_trim(0)', ($take -f 'heap-2')
        & env -C $folder "LD_PRELOAD=$($module.ModuleBase)/bin/libdefragger.so" PYTHONMALLOC=malloc python3 -c ($lines -join "`n")
    }

    # What one page takes for granted besides; its folder.
    function New-Page([string] $Name) {
        $folder = "$root/$Name"
        & cp -r "$root/prepared" $folder
        switch ($Name) {
            'Export-DefragReport' { & cp -r "$folder/learned" "$folder/out" }
            'Export-DefragHistory' { [System.IO.File]::Delete("$folder/history.csv") }
            'Set-DefragCompare' {
                # A run that goes on meanwhile, for a minute at most; its cases end with it.
                $text = "Import-Module '$manifest'; Invoke-DefragCompare base cand -NoHistory -OutputDirectory out -Command sh, -c, 'sleep 60' -Filter '*_csv*' 6> `$null"
                & sh -c 'cd "$1"; shift; "$@" > /dev/null 2>&1 < /dev/null & echo $! > ../run.pid' sh $folder @engine $text
                for ($i = 0; $i -lt 600 -and -not [System.IO.File]::Exists("$folder/out/run.lock"); $i++) { [System.Threading.Thread]::Sleep(100) }
            }
            { $_ -in 'Get-DefragPython', 'Remove-DefragPython', 'Test-DefragPython' } {
                if ($canLink) {
                    $built = Invoke-Text $folder 'Build-DefragPython python3 -Destination ./python'
                    "$($built.ExitCode) $($built.Errors)" | Should -Be '0 '
                }
            }
        }
        $folder
    }
}

Describe 'The examples of the help' {
    BeforeAll {
        $root = [System.IO.Directory]::CreateTempSubdirectory('defrag-spec-').FullName
        Initialize-Root
    }
    AfterAll {
        if ([System.IO.File]::Exists("$root/run.pid")) { & sh -c 'kill "$(cat "$1")"; while kill -0 "$(cat "$1")"; do sleep 0.1; done' sh "$root/run.pid" 2> $null }
        [System.IO.Directory]::Delete($root, $true)
    }

    Context '<Name>' -ForEach $pages {
        BeforeAll { $folder = New-Page $Name }

        It 'names only parameters that there are' {
            foreach ($example in $Examples) {
                $tokens = $faults = $null
                $tree = [System.Management.Automation.Language.Parser]::ParseInput($example.Code, [ref] $tokens, [ref] $faults)
                $faults.Count | Should -Be 0
                $ours = @($tree.FindAll({ $args[0] -is [System.Management.Automation.Language.CommandAst] -and $args[0].GetCommandName() -like '*-Defrag*' }, $true))
                $ours.Count | Should -BeGreaterThan 0
                foreach ($call in $ours) {
                    $command = Get-Command $call.GetCommandName()
                    foreach ($element in $call.CommandElements) {
                        if ($element -isnot [System.Management.Automation.Language.CommandParameterAst]) { continue }
                        if ("$element" -eq '--') { break } # what follows are words, not parameters
                        # An unknown or cut name throws or gives another.
                        $command.ResolveParameter($element.ParameterName).Name | Should -Be $element.ParameterName
                    }
                }
            }
        }

        It '<Title> runs as it stands' -ForEach $Examples {
            if ($notRun[$Code]) { Set-ItResult -Skipped -Because $notRun[$Code]; return }
            foreach ($called in Get-CommandNames $Code) {
                if (-not $called -or (Get-Command $called -ErrorAction Ignore)) { continue }
                $what = if ($called -like '*-*') { "this engine has no $called (pwsh has)" } else { "there is no program $called" }
                Set-ItResult -Skipped -Because $what
                return
            }
            if ($Code -match 'python3|samples/memory|heap-1' -and -not $hasPython) { Set-ItResult -Skipped -Because 'there is no python3 (apt-get install python3)'; return }
            if ($Code -match 'sqlite3' -and -not (Get-Command sqlite3 -CommandType Application -ErrorAction Ignore)) { Set-ItResult -Skipped -Because 'there is no sqlite3 (apt-get install sqlite3)'; return }
            if ($Code -match 'Build-|DefragPython \./|^Get-DefragPython' -and -not $canLink) { Set-ItResult -Skipped -Because 'there is nothing to link a Python with (apt-get install libpython3-dev)'; return }
            $ran = Invoke-Text $folder $Code
            $expected = if ($exitCodes.ContainsKey($Code)) { $exitCodes[$Code] } else { 0 }
            $told = if ($ran.ExitCode -eq $expected) { '' } else { $ran.Errors }
            "$($ran.ExitCode) $told" | Should -Be "$expected "
            # What asks for something gets it, but where it asks for what must not be, or is not here.
            if ($Code -match '^\(?(Get|Measure|Test|Invoke)-' -and $Code -notmatch '\| (Remove|Clear)-|> \$null|-ne Passed|-gt 100MB') { $ran.Output.Trim() | Should -Not -BeNullOrEmpty }
        }
    }
}

Describe 'The list of examples that are not run' {
    It 'has only such as there are' -ForEach @(@{ Pages = $pages }) {
        $codes = @(foreach ($page in $Pages) { foreach ($example in $page.Examples) { $example.Code } })
        foreach ($code in @($notRun.Keys) + @($exitCodes.Keys)) { $codes | Should -Contain $code }
    }
}
