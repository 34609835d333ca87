BeforeAll {
    Import-Module "$PSScriptRoot/../../artifacts/module/Defragger/Defragger.psd1" -Force
    $repository = [System.IO.Path]::GetFullPath("$PSScriptRoot/../..")

    # A run in a process of its own whose cases wait for a file; gives the process. By tiers: what is set aside for cases that
    # nothing is known of would depend on the machine.
    function Start-Run([string] $Root, [int] $Limit) {
        foreach ($side in 'base', 'cand') {
            [void] [System.IO.Directory]::CreateDirectory("$Root/$side")
            foreach ($number in 1..4) { [System.IO.File]::WriteAllText("$Root/$side/case$number", 'x') }
        }
        $start = [System.Diagnostics.ProcessStartInfo]::new("$repository/defrag")
        foreach ($word in 'Invoke-DefragCompare', "$Root/base", "$Root/cand", '-OutputDirectory', "$Root/out", '-ThrottleLimit', "$Limit",
            '-Throttle', 'Tiers', '-Verbose', '--', 'sh', '-c', 'echo > "$1/started-$2"; until test -e "$1/go"; do sleep 0.02; done', 'sh', $Root, '{case}') {
            $start.ArgumentList.Add($word)
        }
        $start.Environment['XDG_STATE_HOME'] = "$Root/state"
        $start.RedirectStandardOutput = $true
        $start.RedirectStandardError = $true
        [System.Diagnostics.Process]::Start($start)
    }

    # Waits for so many cases to have started; gives how many have.
    function Wait-Started([string] $Root, [int] $Count) {
        for ($tries = 0; $tries -lt 600; $tries++) {
            if ([System.IO.Directory]::GetFiles($Root, 'started-*').Count -ge $Count) { break }
            [System.Threading.Thread]::Sleep(50)
        }
        [System.Threading.Thread]::Sleep(300) # three ticks, in which one more would start
        [System.IO.Directory]::GetFiles($Root, 'started-*').Count
    }

    function Stop-Run($Run, [string] $Root) {
        [System.IO.File]::WriteAllText("$Root/go", '')
        $output = $Run.StandardOutput.ReadToEndAsync()
        $errors = $Run.StandardError.ReadToEnd()
        $Run.WaitForExit()
        "$($output.Result)`n$errors"
    }

    $commandName = 'Defragger.PowerShell.Commands.SetDefragCompareCommand'
}

Describe 'Set-DefragCompare' {
    BeforeEach { $root = [System.IO.Directory]::CreateTempSubdirectory('defrag-spec-').FullName }
    AfterEach { [System.IO.Directory]::Delete($root, $true) }

    It 'lets more cases run at once, and fewer without ending any' {
        $run = Start-Run $root 1
        try {
            Wait-Started $root 1 | Should -Be 1
            $asked = Set-DefragCompare "$root/out" -ThrottleLimit 3 -PassThru
            $asked.ThrottleLimit | Should -Be 3
            Wait-Started $root 3 | Should -Be 3
            Set-DefragCompare "$root/out" -ThrottleLimit 1 -MemoryBudget '90%'
            Wait-Started $root 3 | Should -Be 3
        }
        finally { $told = Stop-Run $run $root }
        $run.ExitCode | Should -Be 0
        $told | Should -Match '4 cases in .*: 4 same'
        $told | Should -Match 'changed while running: at most 3 at a time'
        $told | Should -Match 'changed while running: at most 1 at a time'
    }

    It 'is one warning when the file makes no sense, and the limits stay' {
        $run = Start-Run $root 1
        try {
            Wait-Started $root 1 | Should -Be 1
            [System.IO.File]::WriteAllText("$root/out/control.json", '{"throttleLimit":0}')
            Wait-Started $root 1 | Should -Be 1
            Set-DefragCompare "$root/out" -ThrottleLimit 2 -WhatIf
            Wait-Started $root 1 | Should -Be 1
        }
        finally { $told = Stop-Run $run $root }
        $run.ExitCode | Should -Be 0
        [regex]::Matches($told, 'is not followed').Count | Should -Be 1
        $told | Should -Match 'throttleLimit is 0'
    }

    It 'refuses <What>' -ForEach @(
        @{ What = 'nothing to change'; Id = 'NoChange'; Values = @{} }
        @{ What = 'a budget that is no amount'; Id = 'InvalidMemorySize'; Values = @{ MemoryBudget = 'plenty' } }
        @{ What = 'no worker at all'; Id = 'ParameterArgumentValidationError'; Values = @{ ThrottleLimit = 0 } }
    ) {
        { Set-DefragCompare $root @Values } | Should -Throw -ErrorId "$Id,$commandName"
    }

    It 'says when no run goes on there' {
        $failures = $null
        Set-DefragCompare "$root/none" -ThrottleLimit 1 -ErrorVariable failures -ErrorAction SilentlyContinue
        $failures[0].FullyQualifiedErrorId | Should -Be "NoRun,$commandName"
        # What a killed run left behind is no run.
        [System.IO.File]::WriteAllText("$root/run.lock", '')
        $failures = $null
        Set-DefragCompare $root -ThrottleLimit 1 -ErrorVariable failures -ErrorAction SilentlyContinue
        $failures[0].FullyQualifiedErrorId | Should -Be "NoRun,$commandName"
        [System.IO.File]::Exists("$root/control.json") | Should -BeFalse
    }
}
