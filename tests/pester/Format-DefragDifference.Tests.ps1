BeforeAll {
    Import-Module "$PSScriptRoot/../../artifacts/module/Defragger/Defragger.psd1" -Force

    function New-File([string] $Path, [string] $Text) {
        [void] [System.IO.Directory]::CreateDirectory([System.IO.Path]::GetDirectoryName($Path))
        [System.IO.File]::WriteAllText($Path, $Text)
    }

    function Get-Ids($Failures) { @(foreach ($failure in $Failures) { ([string] $failure.FullyQualifiedErrorId).Split(',')[0] }) -join ' ' }

    $escape = [char] 27
}

Describe 'Format-DefragDifference' {
    BeforeEach {
        $root = [System.IO.Directory]::CreateTempSubdirectory('defrag-spec-').FullName
        New-File "$root/base/a.txt" "one`ntwo`nthree`nfour words of text`nfive`n"
        New-File "$root/cand/a.txt" "one`ntwo`nthree`nfour lines of text`nfive`n"
        New-File "$root/base/sub/b.txt" "x`n"
        New-File "$root/cand/sub/b.txt" "x`ny`n"
        New-File "$root/base/same.txt" "x`n"
        New-File "$root/cand/same.txt" "x`n"
        New-File "$root/cand/new.txt" "fresh`n"
        [void] @(Invoke-DefragCompare "$root/base" "$root/cand" -OutputDirectory "$root/out" -NoHistory 6> $null)
    }
    AfterEach { [System.IO.Directory]::Delete($root, $true) }

    It 'shows the lines that differ and their words' {
        $lines = @(Format-DefragDifference a.txt "$root/out" -Context 1)
        @(foreach ($line in $lines[3..9]) { [string] $line }) | Should -Be @(
            '@@ -3 +3 @@ ', ' three', '-four words of text', '+four lines of text', ' five')
        $removed, $added = $lines | Where-Object Kind -in Removed, Added
        $removed.Text.Substring($removed.Marks[0].Start, $removed.Marks[0].Length) | Should -Be 'words'
        $added.Text.Substring($added.Marks[0].Start, $added.Marks[0].Length) | Should -Be 'lines'
        "$($removed.BaselineLine) $($added.CandidateLine) $($removed.Case)" | Should -Be '4 4 a.txt'
    }

    It 'shows all cases that differ, and one-sided ones' {
        $lines = @(Format-DefragDifference -Path "$root/out")
        $cases = [string[]] @(foreach ($line in $lines) { if ($line.Kind -eq 'Heading' -and $line.Text -match '^[a-z/.]+: ') { $line.Case } })
        [array]::Sort($cases)
        $cases | Should -Be @('a.txt', 'new.txt', 'sub/b.txt')
        (($lines | Where-Object Case -eq 'new.txt')[-1]).Text | Should -Be 'fresh'
    }

    It 'takes results from the pipeline, and two files' {
        $piped = @(Get-DefragCompare "$root/out" -Result -Case 'b.txt' | Format-DefragDifference)
        [string] $piped[-1] | Should -Be '+y'
        $files = @(Format-DefragDifference -Baseline "$root/base/sub/b.txt" -Candidate "$root/cand/sub/b.txt")
        [string] $files[-1] | Should -Be '+y'
        $files[0].Text | Should -Match '^b.txt: Changed, '
        @(Format-DefragDifference -Baseline "$root/base/same.txt" -Candidate "$root/cand/same.txt").Count | Should -Be 3
    }

    It 'lists findings, values and records: what became of each, before and after' {
        New-File "$root/base/r.csv" "id,v`n1,old`n2,y`n"
        New-File "$root/cand/r.csv" "id,v`n2,y`n1,new`n"
        $lines = @(Invoke-DefragCompare "$root/base" "$root/cand" -OutputDirectory "$root/keyed" -Include '*.csv' -Key id -NoHistory 6> $null |
            Format-DefragDifference | Where-Object Kind -ne Heading)
        $lines[0].Text | Should -Be 'Updated id=1'
        $lines[1].Kind | Should -Be 'Removed'
        [string] $lines[1] | Should -Match 'old'
        [string] $lines[2] | Should -Match 'new'
        @(Format-DefragDifference r.csv "$root/keyed" -AsText | Where-Object Kind -in Removed, Added).Count | Should -Be 2
    }

    It 'says what it leaves out' {
        $lines = @(Format-DefragDifference a.txt "$root/out" -MaxLine 2)
        $lines.Count | Should -Be 6
        [string] $lines[-1] | Should -Match '^\.\.\. more differences .*-MaxLine'
    }

    It 'says when a file is not the one that was compared' {
        [System.IO.File]::SetLastWriteTimeUtc("$root/cand/a.txt", [datetime]::UtcNow.AddHours(1))
        $notes = @(Format-DefragDifference a.txt "$root/out" | Where-Object Kind -eq Note)
        $notes.Count | Should -Be 1
        $notes[0].Text | Should -Match 'cand/a.txt.*was written to since'
    }

    It 'has colours for a terminal, and sends nothing of the data to it that steers it' {
        New-File "$root/base/evil.txt" "x${escape}[31mred`n"
        New-File "$root/cand/evil.txt" "x${escape}]0;title`a`n"
        $lines = @(Format-DefragDifference -Baseline "$root/base/evil.txt" -Candidate "$root/cand/evil.txt")
        $removed = $lines | Where-Object Kind -eq Removed
        $removed.Text | Should -Be "x${escape}[31mred"
        [string] $removed | Should -Be "-x$([char] 0x241B)[31mred"
        $removed.ToAnsi() | Should -Match "^$escape\[31m-.*$escape\[0m`$"
        foreach ($line in $lines) {
            ([string] $line).Contains($escape) | Should -BeFalse
            $line.ToAnsi().Contains("$escape[31mred") | Should -BeFalse
        }
    }

    It 'is shown without colours where the output is no terminal' {
        $start = [System.Diagnostics.ProcessStartInfo]::new([System.IO.Path]::GetFullPath("$PSScriptRoot/../../defrag"))
        foreach ($word in 'Format-DefragDifference', 'a.txt', "$root/out") { $start.ArgumentList.Add($word) }
        $start.RedirectStandardOutput = $true
        $process = [System.Diagnostics.Process]::Start($start)
        $text = $process.StandardOutput.ReadToEnd()
        $process.WaitForExit()
        $process.ExitCode | Should -Be 0
        $text.Contains($escape) | Should -BeFalse
        $text | Should -Match '\+four lines of text'
    }

    It 'gives an error for <What>' -ForEach @(
        @{ What = 'a case that is not there'; Id = 'NoCase'; Values = @{ Case = 'none*' } }
        @{ What = 'a file that is not there'; Id = 'CaseError'; Values = @{ Baseline = '/nowhere/a'; Candidate = '/nowhere/b' } }
    ) {
        $failures = $null
        $path = if ($Values.Case) { @{ Path = "$root/out" } } else { @{ } }
        @(Format-DefragDifference @Values @path -ErrorVariable failures -ErrorAction SilentlyContinue).Count | Should -Be 0
        Get-Ids $failures | Should -Be $Id
    }
}
