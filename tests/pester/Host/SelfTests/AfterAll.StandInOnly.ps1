# Pester fails the block and the run. A case is all that the stand-in has, so the last one fails.
Describe 'an AfterAll that throws' {
    AfterAll { throw 'after all' }
    It 'passes: the first' { }
    It 'fails: the last' { }
}
Describe 'loops that are left' {
    It 'fails: by break' { break }
    It 'fails: by continue' { continue }
    It 'passes: the next' { }
}
