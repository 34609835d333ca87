# Each test says by the first word of its name how it must end: in the stand-in and in Pester 5 alike.
BeforeDiscovery {
    $discovered = @(@{ Word = 'one'; Inner = @{ Deep = 'first' } }, @{ Word = 'two'; Inner = @{ Deep = 'second' } })
}

BeforeAll {
    $fromFile = 'file'
    function Get-FromFile { 'function' }
}

$outside = 'discovery only'

Describe 'scopes' {
    BeforeAll {
        $fromDescribe = 'describe'
        $changed = 1
        $log = [System.Collections.Generic.List[string]]::new()
    }
    BeforeEach { $log.Add('outer before'); $fresh = 0 }
    AfterEach { $log.Add('outer after') }

    It 'passes: sees what BeforeAll of file and block defined' {
        $fromFile | Should -Be 'file'
        $fromDescribe | Should -Be 'describe'
        Get-FromFile | Should -Be 'function'
    }
    It 'passes: does not see code outside of blocks' { $outside | Should -BeNullOrEmpty }
    It 'passes: sets a variable in its own scope' { $changed = 2; $fresh++; $fresh | Should -Be 1 }
    It 'passes: does not see what another test set' { $changed | Should -Be 1; $fresh | Should -Be 0 }
    It 'passes: knows where the file is' {
        $PSScriptRoot | Should -BeLike '*SelfTests'
        $PSCommandPath | Should -BeLike '*Blocks.SelfTest.ps1'
        "$PSScriptRoot/Blocks.SelfTest.ps1" | Should -Exist
    }

    Context 'inside' {
        BeforeAll { $fromContext = 'context'; $log.Clear() }
        BeforeEach { $log.Add('inner before') }
        AfterEach { $log.Add('inner after') }
        It 'passes: sees both blocks' { "$fromDescribe $fromContext" | Should -Be 'describe context' }
        It 'passes: runs setup outside in and teardown inside out' {
            $log -join ',' | Should -Be 'outer before,inner before,inner after,outer after,outer before,inner before'
        }
    }
    It 'passes: does not see the inner block' { $fromContext | Should -BeNullOrEmpty }
}

Describe 'data' {
    It 'passes: <Word> has <Inner.Deep>' -ForEach $discovered {
        $Word | Should -BeIn 'one', 'two'
        $_.Inner.Deep | Should -Be $Inner.Deep
    }
    It 'passes: plain <_>' -TestCases 1, 2, 3 { $_ | Should -BeGreaterThan 0 }
    It 'fails: for <_>' -ForEach 'a', 'b' { $_ | Should -Be 'c' }
    It 'passes: none of these' -ForEach @() { $true | Should -BeFalse }
    Context 'block <Name>' -ForEach @{ Name = 'x' }, @{ Name = 'y' } {
        BeforeAll { $twice = $Name * 2 }
        It 'passes: data of the block' { $twice | Should -BeIn 'xx', 'yy' }
        It 'passes: both data <_>' -ForEach 1 { "$Name$_" | Should -Match '^[xy]1$' }
    }
}

Describe 'endings' {
    It 'fails: on a throw' { throw 'by hand' }
    It 'fails: on an unknown command' { Invoke-Nothing }
    It 'fails: at the first assertion' { 1 | Should -Be 2; 1 | Should -Be 1 }
    It 'fails: in a loop' { foreach ($i in 1, 2) { $i | Should -Be 2 } }
    It 'fails: in ForEach-Object' { 1, 2 | ForEach-Object { $_ | Should -Be 1 } }
    It 'passes: with a non-terminating error' { Get-Command Invoke-Nothing -ErrorAction SilentlyContinue }
    It 'skips: by -Skip' -Skip { throw 'never' }
    It 'skips: by Set-ItResult' { Set-ItResult -Skipped -Because 'it says so'; throw 'never' }
    It 'passes: with -Skip:$false' -Skip:$false -Tag 'tag', 'other' { $true | Should -BeTrue }
    Context 'skipped as a whole' -Skip {
        BeforeAll { throw 'never' }
        It 'skips: with its block' { throw 'never' }
    }
    Context 'a BeforeAll that throws' {
        BeforeAll { throw 'before all' }
        It 'fails: with its block' { $true | Should -BeTrue }
        Context 'inner' { It 'fails: below it too' { $true | Should -BeTrue } }
    }
    Context 'a BeforeEach that throws' {
        BeforeEach { throw 'before each' }
        It 'fails: before it starts' { $true | Should -BeTrue }
    }
    Context 'an AfterEach that throws' {
        AfterEach { throw 'after each' }
        It 'fails: after it ended' { $true | Should -BeTrue }
    }
    It 'passes: after all that' { $true | Should -BeTrue }
}

Describe 'TestDrive' {
    BeforeAll { [System.IO.File]::WriteAllText("$TestDrive/of-describe", 'kept') }
    It 'passes: is an empty folder with what was put there' {
        $TestDrive | Should -Exist
        'TestDrive:/of-describe' | Should -Exist
        "$TestDrive/of-describe" | Should -FileContentMatch 'KEPT'
    }
    Context 'inner' {
        It 'passes: leaves a file' { [System.IO.File]::WriteAllText("$TestDrive/of-context", ''); "$TestDrive/of-context" | Should -Exist }
    }
    It 'passes: has no file of a block that ended' {
        "$TestDrive/of-context" | Should -Not -Exist
        "$TestDrive/of-describe" | Should -Exist
    }
}
