BeforeAll {
    Import-Module "$PSScriptRoot/../../artifacts/module/Defragger/Defragger.psd1" -Force
    $samples = [System.IO.Path]::GetFullPath("$PSScriptRoot/../../samples")

    # What Tab offers at the end of a text, as it would be put there.
    function Get-Offers([string] $Text) {
        [string[]] @(foreach ($match in [System.Management.Automation.CommandCompletion]::CompleteInput($Text, $Text.Length, $null).CompletionMatches) { $match.CompletionText })
    }
}

Describe 'Tab' {
    BeforeAll { $root = [System.IO.Directory]::CreateTempSubdirectory('defrag-spec-').FullName }
    AfterAll { [System.IO.Directory]::Delete($root, $true) }

    Context 'on a history' {
        BeforeAll {
            [System.IO.File]::WriteAllText("$root/made.csv", "case,comparer,platform,outcome,peak_bytes,seconds,ended`n" +
                "a/one.json,built-in 1,linux-x64,Ended,1048576,1.5,2026-01-01T10:00:00Z`n" +
                "a/two it's.json,built-in 1,linux-x64,Ended,9437184,0,2026-02-01T10:00:00Z`n" +
                "b/[three].csv,cmp,linux-arm64,Ended,2097152,0.25,2026-03-01T10:00:00Z`n")
            Import-DefragHistory "$root/made.csv" -History "$root/history.db"
        }

        It 'offers <Expected> for "<Text>"' -ForEach @(
            @{ Text = '-Case '; Expected = 'a/', 'b/' }
            @{ Text = '-Case a/'; Expected = 'a/one.json', "'a/two it''s.json'" }
            @{ Text = "-Case 'a/tw"; Expected = @("'a/two it''s.json'") }
            @{ Text = '-Case b/'; Expected = @("'b/``[three``].csv'") }
            @{ Text = '-Case nothing'; Expected = @() }
            @{ Text = '-Comparer '; Expected = "'built-in 1'", 'cmp' }
            @{ Text = '-Comparer "b'; Expected = @('"built-in 1"') }
            @{ Text = '-Platform linux-x'; Expected = @('linux-x64') }
        ) {
            foreach ($command in 'Get-DefragHistory', 'Clear-DefragHistory', 'Export-DefragHistory') {
                Get-Offers "$command -History '$root/history.db' $Text" | Should -Be @($Expected)
            }
        }

        It 'offers what then finds the case' {
            foreach ($offer in Get-Offers "Get-DefragHistory -History '$root/history.db' -Case b/") {
                @(& ([scriptblock]::Create("Get-DefragHistory -History '$root/history.db' -Case $offer"))).Case | Should -Be 'b/[three].csv'
            }
        }

        It 'is quiet where the history is none' {
            [System.IO.File]::WriteAllText("$root/other.db", 'no history')
            Get-Offers "Get-DefragHistory -History '$root/other.db' -Comparer b" | Should -BeNullOrEmpty
            [System.IO.File]::ReadAllText("$root/other.db") | Should -Be 'no history'
        }
    }

    Context 'on a comparison' {
        It 'offers cases of both directories, a folder at a time' {
            $call = "Invoke-DefragCompare '$samples/baseline' '$samples/candidate'"
            Get-Offers "$call -Filter Modules/_c" | Should -Contain 'Modules/_csv.sarif'
            Get-Offers "$call -Include Mod" | Should -Be 'Modules/'
            # One on the left side only, one on the right side only.
            Get-Offers "$call -Exclude Modules/sha2" | Should -Be 'Modules/sha256module.sarif', 'Modules/sha2module.sarif'
        }

        It 'offers the formats, and the kinds of files there are' {
            $call = "Invoke-DefragCompare '$samples/baseline' '$samples/candidate' -Format"
            Get-Offers "$call *.s" | Should -Be '*.sarif='
            Get-Offers "$call *.log=j" | Should -Be '*.log=json', '*.log=jsonlines'
            (Get-Offers "$call '*.log=").Count | Should -Be 8
        }

        It 'offers programs for a comparer of your own' {
            Get-Offers 'Invoke-DefragCompare a b -Command tru' | Should -Contain 'true'
        }

        It 'offers units for "<Text>"' -ForEach @(
            @{ Text = 'Invoke-DefragCompare a b -MemoryBudget 24'; Expected = '24GB', '24MB', '24%' }
            @{ Text = 'Set-DefragCompare out -MemoryBudget 1.5G'; Expected = @('1.5GB') }
            @{ Text = 'Invoke-DefragCompare a b -CaseMemoryLimit 512'; Expected = '512GB', '512MB' }
            @{ Text = 'Measure-DefragThrottle -Memory 64g'; Expected = @('64GB') }
        ) {
            Get-Offers $Text | Should -Be @($Expected)
        }

        It 'offers the directories that a run writes to, and no others' {
            foreach ($name in 'runs', 'ended') { [void] [System.IO.Directory]::CreateDirectory("$root/places/$name") }
            [System.IO.File]::WriteAllText("$root/places/ended/run.lock", '')
            $held = [System.IO.FileStream]::new("$root/places/runs/run.lock", 'OpenOrCreate', 'ReadWrite', 'None')
            try { Get-Offers "Set-DefragCompare '$root/places/" | Should -Be "'$root/places/runs'" }
            finally { $held.Dispose() }
        }
    }

    Context 'on programs' {
        It 'offers settings of the malloc' {
            Get-Offers 'Start-DefragProcess true -Setting STAT' | Should -Be 'STATISTICS='
            Get-Offers 'Start-DefragProcess true -Setting defragger_dec' | Should -Be 'DEFRAGGER_DECAY_MS='
            Get-Offers 'Start-DefragProcess true -Setting ON_ERROR=' | Should -Be 'ON_ERROR=abort', 'ON_ERROR=warn'
            Get-Offers 'Start-DefragProcess true -Setting HARDENED=' | Should -Be 'HARDENED=0', 'HARDENED=1'
            (Get-Offers 'Start-DefragProcess true -Setting ').Count | Should -Be 9
        }

        It 'offers programs that PATH knows' {
            Get-Offers 'Start-DefragProcess slee' | Should -Contain 'sleep'
            Get-Offers 'Measure-DefragMemory slee' | Should -Contain 'sleep'
        }

        It 'completes a path where a program is one' {
            # The engine lists a folder with it.
            if (-not (Get-Command Get-ChildItem -ErrorAction Ignore)) { Set-ItResult -Skipped -Because 'this engine has no Get-ChildItem (pwsh has), so it completes no paths'; return }
            Get-Offers 'Measure-DefragMemory /bin/slee' | Should -Contain '/bin/sleep'
            Get-Offers 'Invoke-DefragCompare a b -Command /bin/slee' | Should -Contain '/bin/sleep'
            Get-Offers 'Build-DefragPython /bin/slee' | Should -Contain '/bin/sleep'
        }

        It 'offers the processes there are' {
            Get-Offers "Measure-DefragMemory -Id $PID" | Should -Contain "$PID"
        }

        It 'offers the policies and kinds of work' {
            Get-Offers 'Measure-DefragThrottle -Policy Tiers' | Should -Be 'Tiers', 'TiersTotalFree'
            Get-Offers 'Measure-DefragThrottle -Trace Co' | Should -Be 'Cold'
        }
    }

    Context 'on Pythons' {
        It 'offers the releases that can be built' {
            Get-Offers 'Build-DefragPython -Version 3.11' | Should -Contain '3.11.2'
        }

        It 'offers the tests of the suite' {
            Get-Offers 'Test-DefragPython ./python -Suite -File test_g' | Should -Be 'test_gc'
        }

        It 'offers the Pythons of PATH' {
            if (-not (Get-Command python3 -CommandType Application -ErrorAction Ignore)) { Set-ItResult -Skipped -Because 'there is no python3 (apt-get install python3)'; return }
            foreach ($call in 'Build-DefragPython py', 'Measure-DefragPython a.py -Python py', 'Test-DefragPython ./python -Stock py') { Get-Offers $call | Should -Contain 'python3' }
        }

        It 'offers the Pythons that were built' {
            $cache = $env:XDG_CACHE_HOME
            $env:XDG_CACHE_HOME = "$root/cache"
            try {
                # As a build notes it: a record in its folder, and the folder's name in the user's cache.
                $folder = "$root/python one"
                foreach ($name in $folder, "$root/cache/defragger/python/built") { [void] [System.IO.Directory]::CreateDirectory($name) }
                [System.IO.File]::WriteAllText("$root/cache/defragger/python/built/note", "$folder`n")
                [System.IO.File]::WriteAllText("$folder/defragger-python.json", '{"name":"python3.11","version":"3.11.2","allocatorVersion":"0.1.0","sha256":"","soabi":"","method":"fromInstalled","stock":"stock","created":"2026-01-01T00:00:00Z","stages":[],"checks":[]}')
                foreach ($command in 'Get-DefragPython', 'Test-DefragPython', 'Remove-DefragPython') { @(Get-Offers "$command -Path ")[0] | Should -Be "'$folder'" }
                Get-Offers 'Measure-DefragPython a.py -Python /' | Should -Contain "'$folder/bin/python3.11'"
            }
            finally { $env:XDG_CACHE_HOME = $cache }
        }
    }
}
