# What Pester has and the stand-in has not: each of these must fail here, and say that it is not known.
Describe 'the rest of the dialect' {
    It 'unknown: Mock' { Mock Get-Command { } }
    It 'unknown: InModuleScope' { InModuleScope Defragger { 1 } }
    It 'unknown: Should -Invoke' { Should -Invoke Get-Command -Times 1 }
    It 'unknown: an operator' { 1 | Should -HaveParameter 'x' }
    It 'unknown: a parameter' { Set-ItResult -Inconclusive }
    It 'unknown: no operator' { 1 | Should }
}
