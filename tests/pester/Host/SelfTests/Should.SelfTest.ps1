# Each test says by the first word of its name how it must end: in the stand-in and in Pester 5 alike.
Describe 'Should' {
    It 'passes: <_>' -ForEach @(
        { 1 | Should -Be 1 }
        { 'a' | Should -Be 'A' }
        { 1 | Should -Be '1' }
        { 1, 2 | Should -Be 1, 2 }
        { 1, 2 | Should -Be @(1, 2) }
        { , (1, 2) | Should -Be @(, (1, 2)) }
        { @() | Should -Be @() }
        { $null | Should -Be $null }
        { @() | Should -Be $null }
        { 1 | Should -Not -Be 2 }
        { 1, 2 | Should -Not -Be 2, 1 }
        { 'a' | Should -BeExactly 'a' }
        { 'a' | Should -Not -BeExactly 'A' }
        { 1 | Should -BeTrue }
        { $true, 1 | Should -BeTrue }
        { 0 | Should -BeFalse }
        { $null | Should -BeFalse }
        { $null | Should -BeNullOrEmpty }
        { '' | Should -BeNullOrEmpty }
        { @() | Should -BeNullOrEmpty }
        { 'x' | Should -Not -BeNullOrEmpty }
        { 0 | Should -Not -BeNullOrEmpty }
        { 1, 2 | Should -Not -BeNullOrEmpty }
        { 'Some text' | Should -Match 'some' }
        { 'Some text' | Should -Not -MatchExactly 'some' }
        { 'Some text' | Should -MatchExactly '^Some' }
        { 'Some text' | Should -BeLike 'some*' }
        { 'Some text' | Should -BeLikeExactly 'Some*' }
        { 'Some text' | Should -Not -BeLike 'some' }
        { 1, 2, 3 | Should -Contain 2 }
        { 'a', 'b' | Should -Contain 'B' }
        { 1, 2, 3 | Should -Not -Contain 4 }
        { 1, 2, 3 | Should -HaveCount 3 }
        { @() | Should -HaveCount 0 }
        { 'x' | Should -HaveCount 1 }
        { 2 | Should -BeGreaterThan 1 }
        { 2 | Should -BeGreaterOrEqual 2 }
        { 1 | Should -BeLessThan 2 }
        { 2 | Should -BeLessOrEqual 2 }
        { 2 | Should -Not -BeGreaterThan 2 }
        { 2 | Should -BeIn 1, 2 }
        { 2 | Should -Not -BeIn 1, 3 }
        { 1 | Should -BeOfType [int] }
        { 1 | Should -BeOfType int }
        { 1 | Should -BeOfType System.ValueType }
        { 'x' | Should -Not -BeOfType [int] }
        { $PSScriptRoot | Should -Exist }
        { "$PSScriptRoot/nothing" | Should -Not -Exist }
        { $PSCommandPath | Should -FileContentMatch 'each TEST says' }
        { $PSCommandPath | Should -Not -FileContentMatch 'no such tex[t]' }
        { { throw 'x' } | Should -Throw }
        { { throw 'some text' } | Should -Throw 'Some*' }
        { { throw 'some text' } | Should -Throw -ExpectedMessage '*text' }
        { { Get-Command Invoke-Nothing -ErrorAction Stop } | Should -Throw -ErrorId 'CommandNotFoundException,*' }
        { { Get-Command Invoke-Nothing -ErrorAction Stop } | Should -Throw -ExceptionType ([System.Management.Automation.CommandNotFoundException]) }
        { { 1 } | Should -Not -Throw }
        { ({ throw 'x' } | Should -Throw -PassThru).Exception.Message | Should -Be 'x' }
        { Should -ActualValue 1 -Be 1 }
    ) { & $_ }

    It 'fails: <_>' -ForEach @(
        { 1 | Should -Be 2 }
        { 1 | Should -Be 2 -Because 'of a reason' }
        { 1, 2 | Should -Be 2, 1 }
        { 1, 2 | Should -Be 1 }
        { $null | Should -Be 1 }
        { @() | Should -Be 1 }
        { 1 | Should -Not -Be 1 }
        { 'a' | Should -BeExactly 'A' }
        { 0 | Should -BeTrue }
        { $true, $false | Should -BeTrue }
        { @() | Should -BeTrue }
        { 1 | Should -BeFalse }
        { 'x' | Should -BeNullOrEmpty }
        { 0 | Should -BeNullOrEmpty }
        { $null | Should -Not -BeNullOrEmpty }
        { 'text' | Should -Match '^x' }
        { 'text', 'other' | Should -Match 'text' }
        { 'text' | Should -Not -Match 'T' }
        { 'text' | Should -BeLike 'x*' }
        { 1, 2 | Should -Contain 3 }
        { 1, 2 | Should -Not -Contain 2 }
        { 1, 2 | Should -HaveCount 1 }
        { @() | Should -HaveCount 1 }
        { 1 | Should -BeGreaterThan 1 }
        { 1 | Should -BeGreaterOrEqual 2 }
        { 1 | Should -BeLessThan 1 }
        { 2 | Should -BeLessOrEqual 1 }
        { 2 | Should -BeIn 1, 3 }
        { 1 | Should -BeOfType [string] }
        { $null | Should -BeOfType [string] }
        { 1 | Should -BeOfType No.Such.Type }
        { "$PSScriptRoot/nothing" | Should -Exist }
        { $PSCommandPath | Should -FileContentMatch 'no such tex[t]' }
        { "$PSScriptRoot/nothing" | Should -FileContentMatch 'x' }
        { { 1 } | Should -Throw }
        { { throw 'x' } | Should -Not -Throw }
        { { throw 'x' } | Should -Throw 'y' }
        { { throw 'x' } | Should -Throw -ErrorId 'y' }
        { 1 | Should -Throw }
        { 1 | Should -BeSomething 1 }
        { 1 | Should -Be 1 -Unknown }
    ) { & $_ }
}
