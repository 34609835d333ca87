BeforeAll {
    Import-Module "$PSScriptRoot/../../artifacts/module/Defragger/Defragger.psd1" -Force

    # A run over a case of each kind.
    function New-Run([string] $Root) {
        $files = [ordered]@{
            'same.txt' = 'a', 'a'; 'changed.txt' = 'a', 'bb'; 'sub/changed.txt' = 'a', 'c'; 'sub/added.txt' = $null, 'xyz'
            'removed.txt' = 'x', $null; 'broken.json' = '{}', '{'; 'ignored.json' = '{"t":1}', '{"t":2}'
        }
        foreach ($name in $files.Keys) {
            foreach ($side in 0, 1) {
                $path = [System.IO.Path]::Combine($Root, ('base', 'cand')[$side], $name)
                [void] [System.IO.Directory]::CreateDirectory([System.IO.Path]::GetDirectoryName($path))
                if ($null -ne $files[$name][$side]) { [System.IO.File]::WriteAllText($path, $files[$name][$side]) }
            }
        }
        [void] (Invoke-Compare $Root)
    }

    function Invoke-Compare([string] $Root, [hashtable] $More = @{}) {
        @(Invoke-DefragCompare "$Root/base" "$Root/cand" -OutputDirectory "$Root/out" -NoHistory -Tolerance 't=5' -Force @More -ErrorAction SilentlyContinue 6> $null)
    }

    function Get-Text([string] $Path) { if ([System.IO.File]::Exists($Path)) { [System.IO.File]::ReadAllText($Path) } else { '-' } }

    # All files of the baseline in one line.
    function Get-Base([string] $Root) {
        @(foreach ($name in 'same.txt', 'changed.txt', 'sub/changed.txt', 'sub/added.txt', 'removed.txt', 'broken.json', 'ignored.json') { Get-Text "$Root/base/$name" }) -join ' '
    }

    function Get-Ids($Failures) { @(foreach ($failure in $Failures) { ([string] $failure.FullyQualifiedErrorId).Split(',')[0] }) -join ' ' }

    function Get-Actions($Approved) { @(foreach ($one in $Approved) { "$($one.Case) $($one.Action) $($one.Bytes)" } ) -join ', ' }

    $before = 'a a a - x {} {"t":1}'
    $commandName = 'Defragger.PowerShell.Commands.ApproveDefragCompareCommand'
}

Describe 'Approve-DefragCompare' {
    BeforeEach {
        $root = [System.IO.Directory]::CreateTempSubdirectory('defrag-spec-').FullName
        New-Run $root
    }
    AfterEach { [System.IO.Directory]::Delete($root, $true) }

    It 'makes all that differs the baseline, tells what could not be compared, and leaves what is ignored' {
        $failures = $null
        $approved = @(Approve-DefragCompare "$root/out" -All -Confirm:$false -ErrorVariable failures -ErrorAction SilentlyContinue)
        $names = [string[]] @(Get-Actions $approved).Split(', ')
        [array]::Sort($names)
        $names | Should -Be @('changed.txt Replaced 2', 'removed.txt Removed 0', 'sub/added.txt Added 3', 'sub/changed.txt Replaced 1')
        Get-Ids $failures | Should -Be 'CaseNotCompared'
        Get-Base $root | Should -Be 'a bb c xyz - {} {"t":1}'
        $run = Invoke-Compare $root
        @(foreach ($one in $run) { if ($one.Status -notin 'Same', 'Ignored') { $one.Case } }) | Should -Be 'broken.json'
    }

    It 'takes cases by name and by status' {
        Get-Actions (Approve-DefragCompare "$root/out" 'sub/*' -Status Changed -Confirm:$false) | Should -Be 'sub/changed.txt Replaced 1'
        Get-Actions (Approve-DefragCompare "$root/out" -Status Ignored -Confirm:$false) | Should -Be 'ignored.json Replaced 7'
        Get-Base $root | Should -Be 'a a c - x {} {"t":2}'
        # Again: it is so already, and nobody is asked.
        Get-Actions (Approve-DefragCompare "$root/out" 'sub/changed.txt' -Confirm:$false) | Should -Be 'sub/changed.txt Unchanged 1'
    }

    It 'takes results from the pipeline, of an earlier run and of one that goes on' {
        Get-Actions (Get-DefragCompare "$root/out" -Result -Case changed.txt | Where-Object Case -eq 'changed.txt' | Approve-DefragCompare -Confirm:$false) |
            Should -Be 'changed.txt Replaced 2'
        Get-Actions (Invoke-DefragCompare "$root/base" "$root/cand" -OutputDirectory "$root/again" -NoHistory -Include '*added*' 6> $null |
            Approve-DefragCompare -Confirm:$false) | Should -Be 'sub/added.txt Added 3'
        Get-Base $root | Should -Be 'a bb a xyz x {} {"t":1}'
    }

    It 'changes nothing with -WhatIf' {
        @(Approve-DefragCompare "$root/out" -All -WhatIf -ErrorAction SilentlyContinue).Count | Should -Be 0
        Get-Base $root | Should -Be $before
    }

    It 'refuses what has changed since, on either side, unless it is forced' {
        [System.IO.File]::WriteAllText("$root/cand/changed.txt", 'newer')
        [System.IO.File]::WriteAllText("$root/base/sub/changed.txt", 'mine')
        $failures = $null
        @(Approve-DefragCompare "$root/out" '*changed.txt' -Confirm:$false -ErrorVariable failures -ErrorAction SilentlyContinue).Count | Should -Be 0
        Get-Ids $failures | Should -Be 'CaseStale CaseStale'
        @(Approve-DefragCompare "$root/out" '*changed.txt' -Force -Confirm:$false).Count | Should -Be 2
        Get-Base $root | Should -Be 'a newer c - x {} {"t":1}'
    }

    It 'does not go through links of the baseline' {
        [void] [System.IO.Directory]::CreateDirectory("$root/elsewhere")
        [System.IO.Directory]::Delete("$root/base/sub", $true)
        [void] [System.IO.Directory]::CreateSymbolicLink("$root/base/sub", "$root/elsewhere")
        $failures = $null
        @(Approve-DefragCompare "$root/out" 'sub/*' -Force -Confirm:$false -ErrorVariable failures -ErrorAction SilentlyContinue).Count | Should -Be 0
        Get-Ids $failures | Should -Be 'CaseOutside CaseOutside'
        [System.IO.Directory]::GetFiles("$root/elsewhere").Count | Should -Be 0
    }

    It 'refuses results that are not those of the journal any more' {
        $old = Get-DefragCompare "$root/out" -Result -Case '*changed.txt' | Where-Object Case -eq 'changed.txt'
        [System.IO.File]::WriteAllText("$root/cand/changed.txt", 'a')
        [void] (Invoke-Compare $root)
        $failures = $null
        $old | Approve-DefragCompare -Confirm:$false -ErrorVariable failures -ErrorAction SilentlyContinue
        Get-Ids $failures | Should -Be 'CaseStale'
        [string] $failures[0] | Should -Match 'says Same now'
    }

    It 'refuses <What>' -ForEach @(
        @{ What = 'a call that chooses nothing'; Id = 'NothingChosen'; Values = @{ } }
        @{ What = 'a place without a run'; Id = 'NoEarlierRun'; Values = @{ Path = '/nowhere/at/all'; All = $true } }
    ) {
        { Approve-DefragCompare @Values -Confirm:$false } | Should -Throw -ErrorId "$Id,$commandName"
    }

    It 'says when no case is chosen' {
        $failures = $null
        Approve-DefragCompare "$root/out" 'nothing*' -Confirm:$false -ErrorVariable failures -ErrorAction SilentlyContinue
        Get-Ids $failures | Should -Be 'NoCase'
    }

    It 'refuses a run that goes on' {
        $lock = [System.IO.FileStream]::new("$root/out/run.lock", 'Create', 'ReadWrite', 'None')
        try { { Approve-DefragCompare "$root/out" -All -Confirm:$false } | Should -Throw -ErrorId "RunGoesOn,$commandName" }
        finally { $lock.Dispose() }
    }

    It 'does nothing when nothing comes through the pipeline' {
        @(Get-DefragCompare "$root/out" -Result -Status Timeout | Approve-DefragCompare -Confirm:$false).Count | Should -Be 0
        Get-Base $root | Should -Be $before
    }
}
