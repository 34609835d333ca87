Describe 'a file that was cut' {
    It 'has no end' {
