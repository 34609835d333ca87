Describe 'a block whose discovery fails' {
    It 'is not there' -NoSuchParameter { }
}
