BeforeAll {
    Import-Module "$PSScriptRoot/../../artifacts/module/Defragger/Defragger.psd1" -Force
    $samples = [System.IO.Path]::GetFullPath("$PSScriptRoot/../../samples")
    $comparer = "$samples/compare.py"
    $hasPython = [bool] (Get-Command python3 -CommandType Application -ErrorAction Ignore)

    function New-File([string] $Name, [string[]] $Lines) {
        $path = [System.IO.Path]::Combine($root, $Name)
        [System.IO.File]::WriteAllText($path, ($Lines -join "`n") + "`n")
        $path
    }

    # One case by compare.py: its exit code and what it printed.
    function Compare-Case([string[]] $Arguments) {
        $printed = @(& python3 $comparer @Arguments 2>&1)
        @{ ExitCode = $LASTEXITCODE; Text = [string] $printed[-1] }
    }

    # Lines into a worker: its exit code and its answers.
    function Invoke-Worker([string[]] $Lines, [string[]] $Options = @()) {
        # By a file: the engine alone pipes no text into a program.
        $answers = @(& sh -c 'exec python3 "$@" < "$0"' (New-File 'tasks' $Lines) $comparer --worker @Options)
        @{ ExitCode = $LASTEXITCODE; Answers = @(foreach ($answer in $answers) { ConvertFrom-Line $answer }) }
    }

    # ConvertFrom-Json is not in the engine alone.
    function ConvertFrom-Line([string] $Line) {
        $table = @{}
        foreach ($member in [System.Text.Json.Nodes.JsonNode]::Parse($Line).AsObject().GetEnumerator()) { $table[$member.Key] = [string] $member.Value }
        $table
    }
}

Describe 'samples/compare.py' {
    BeforeEach {
        $root = [System.IO.Directory]::CreateTempSubdirectory('defrag-spec-').FullName
        if (-not $hasPython) { Set-ItResult -Skipped -Because 'there is no python3 (apt-get install python3)' }
    }
    AfterEach { [System.IO.Directory]::Delete($root, $true) }

    It 'compares the samples for Invoke-DefragCompare: a finding that only moved is the same' {
        $results = @(Invoke-DefragCompare "$samples/baseline" "$samples/candidate" -Command 'python3', $comparer, '{baseline}', '{candidate}' -OutputDirectory "$root/out" 6> $null)
        $count = @{}
        $new = $absent = 0
        foreach ($result in $results) {
            $count[[string] $result.Status]++
            if ($result.Status -eq 'Changed') { $new += $result.New; $absent += $result.Absent }
        }
        # As samples/README.md has it.
        "$($count.Same) $($count.Changed) $($count.Added) $($count.Removed)" | Should -Be '44 34 7 8'
        "$new $absent" | Should -Be '95 47'
    }

    It 'tells <Counts> and exits with <Code> for <What>' -ForEach @(
        @{ What = 'equal records in another order'; Left = '{"id":1,"a":2}', '{"id":2}'; Right = '{"id":2}', '{"a":2,"id":1}'; Code = 0; Counts = '0 0 0 2' }
        @{ What = 'a changed record'; Left = '{"id":1,"a":2}'; Right = '{"id":1,"a":3}'; Code = 1; Counts = '0 0 1 0' }
        @{ What = 'other records'; Left = '{"id":1}', '{"id":3}'; Right = '{"id":2}', '{"id":3}', '{"id":4}'; Code = 1; Counts = '2 1 0 1' }
        @{ What = 'records of one name, one of them gone'; Left = '{"id":1}', '{"id":1}'; Right = '{"id":1}'; Code = 1; Counts = '0 1 0 1' }
    ) {
        $case = Compare-Case @((New-File 'a.jsonl' $Left), (New-File 'b.jsonl' $Right))
        $case.ExitCode | Should -Be $Code
        $told = ConvertFrom-Line $case.Text
        "$($told.new) $($told.absent) $($told.updated) $($told.unchanged)" | Should -Be $Counts
    }

    It 'names records by another member with --key' {
        (Compare-Case @('--key', 'n', (New-File 'a.jsonl' '{"n":"x"}'), (New-File 'b.jsonl' '{"n":"x"}'))).ExitCode | Should -Be 0
    }

    It 'exits with 2 and says why for <What>' -ForEach @(
        @{ What = 'a file that is not there'; Name = 'none.jsonl'; Text = $null; Reason = '*none.jsonl: No such file or directory' }
        @{ What = 'another kind of file'; Name = 'a.txt'; Text = 'x'; Reason = '*a.txt: neither `*.sarif nor `*.jsonl' }
        @{ What = 'a line that is no JSON'; Name = 'a.jsonl'; Text = "{""id"":1}`n{"; Reason = '*a.jsonl: line 2: no JSON object: *' }
        @{ What = 'a line that is no object'; Name = 'a.jsonl'; Text = '[1]'; Reason = '*a.jsonl: line 1: no JSON object: *' }
        @{ What = 'a record without a name'; Name = 'a.jsonl'; Text = '{"a":1}'; Reason = '*a.jsonl: line 1: no member "id"; --key names another' }
        @{ What = 'text that is not UTF-8'; Name = 'a.jsonl'; Text = [char] 0xff; Reason = '*a.jsonl: *UnicodeDecodeError*' }
        @{ What = 'another version of SARIF'; Name = 'a.sarif'; Text = '{"version":"1.0.0"}'; Reason = '*a.sarif: not a SARIF log of version 2.1.0' }
        @{ What = 'SARIF that is cut'; Name = 'a.sarif'; Text = '{"version":"2.1.0","runs":['; Reason = '*a.sarif: JSONDecodeError: *' }
    ) {
        $path = "$root/$Name"
        if ($null -ne $Text) { [System.IO.File]::WriteAllText($path, $Text, [System.Text.Encoding]::Latin1) }
        $case = Compare-Case @($path, $path)
        $case.ExitCode | Should -Be 2
        $case.Text | Should -BeLike $Reason
    }

    It 'answers case after case as a worker, and goes on after an error' {
        $one, $two = (New-File 'one.jsonl' '{"id":1}', '{"id":2,"a":1}'), (New-File 'two.jsonl' '{"id":1}', '{"id":2,"a":2}')
        $run = Invoke-Worker @(
            "{""case"":""first"",""baseline"":""$one"",""candidate"":""$two""}",
            'no JSON',
            "{""case"":""gone"",""baseline"":""$one"",""candidate"":""$root/none.jsonl""}",
            "{""case"":""equal"",""baseline"":""$one"",""candidate"":""$one""}",
            "{""case"":""again"",""baseline"":""$one"",""candidate"":""$two""}")
        $run.ExitCode | Should -Be 2
        @(foreach ($answer in $run.Answers) { "$($answer.case) $($answer.status)" }) -join ', ' |
            Should -Be 'first changed,  error, gone error, equal same, again changed'
        $run.Answers[2].reason | Should -BeLike '*none.jsonl: No such file or directory'
        $run.Answers[0].repeated | Should -Be '0'
        $run.Answers[4].repeated | Should -Be '1'
    }

    It 'answers each line before it reads the next' {
        $one = New-File 'one.jsonl' '{"id":1}'
        $start = [System.Diagnostics.ProcessStartInfo]::new('python3', [string[]] @($comparer, '--worker'))
        $start.RedirectStandardInput = $start.RedirectStandardOutput = $true
        $worker = [System.Diagnostics.Process]::Start($start)
        try {
            foreach ($name in 'a', 'b') {
                $worker.StandardInput.WriteLine("{""case"":""$name"",""baseline"":""$one"",""candidate"":""$one""}")
                $worker.StandardInput.Flush()
                $answer = $worker.StandardOutput.ReadLineAsync()
                $answer.Wait(30000) | Should -BeTrue
                (ConvertFrom-Line $answer.Result).case | Should -Be $name
            }
            $worker.StandardInput.Close()
            $worker.WaitForExit(30000) | Should -BeTrue
            $worker.ExitCode | Should -Be 0
        }
        finally {
            if (-not $worker.HasExited) { $worker.Kill() }
            $worker.Dispose()
        }
    }

    It 'tells with --memory what it occupies' {
        $one = New-File 'one.jsonl' '{"id":1}'
        $run = Invoke-Worker @("{""case"":""a"",""baseline"":""$one"",""candidate"":""$one""}") @('--memory')
        [long] $run.Answers[0].memory | Should -BeGreaterThan 1000000
        [long] $run.Answers[0].memory | Should -BeLessThan 100000000
    }
}

Describe 'samples/memory/before_after.py' {
    It 'runs both little tests on stock Python and on our malloc, and draws them' {
        if (-not $hasPython) { Set-ItResult -Skipped -Because 'there is no python3 (apt-get install python3)'; return }
        $root = [System.IO.Directory]::CreateTempSubdirectory('defrag-spec-').FullName
        try {
            $printed = @(& python3 "$samples/memory/before_after.py" "$root/picture.svg" 100000 30000 2>&1)
            $LASTEXITCODE | Should -Be 0
            $printed.Count | Should -Be 5
            $figures = @(foreach ($number in [regex]::Matches([string] $printed[1], '[\d.]+(?= MB)')) { [double] $number.Value })
            $figures[1] | Should -BeGreaterThan ($figures[0] + 40)
            $figures[2] | Should -BeLessThan ($figures[0] + 15)
            ([xml] [System.IO.File]::ReadAllText("$root/picture.svg")).DocumentElement.LocalName | Should -Be 'svg'
        } finally {
            [System.IO.Directory]::Delete($root, $true)
        }
    }
}
