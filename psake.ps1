# psake build file: names for what the build does. Each task is one command, so that all of it works without psake too.
#   Invoke-psake ./psake.ps1 -taskList Test
Properties {
    $Configuration = 'Release'
    $Solution = "$PSScriptRoot/Defragger.slnx"
    $Entry = "$PSScriptRoot/defrag"
    $Artifacts = "$PSScriptRoot/artifacts"
    $Benchmark = ''
}

Task Default -Depends Build -Description 'What a bare call does: build.'

Task Build -Description 'Compile library, native code, module and hosts; the build stages the module.' {
    Exec { dotnet build $Solution -c $Configuration --nologo }
}

Task Test -Depends Build -Description 'All tests: properties and specs, with one line of sums.' {
    Exec { & $Entry test }
}

Task Property -Depends Build -Description 'The property tests only.' {
    Exec { dotnet test --project "$PSScriptRoot/tests/property" -c $Configuration --no-build }
}

Task Pester -Depends Build -Description 'The specs only, in Pester 5.' {
    Invoke-Pester -Configuration @{ Run = @{ Path = "$PSScriptRoot/tests/pester"; Throw = $true } }
}

Task Coverage -Description 'Branch coverage of both heap cores, C and C#, by their own tests; fails below 95 %.' {
    Exec { & "$PSScriptRoot/lib/Defragger.Native/test/coverage.sh" }
    Exec { & "$PSScriptRoot/tests/property/coverage.sh" }
}

Task Stage -Depends Build -Description 'The module as a user installs it, in artifacts/module.' {
    Assert (Test-Path "$Artifacts/module/Defragger/Defragger.psd1") 'The build did not stage the module.'
}

Task Help -Depends Build -Description 'What Get-Help shows, from module/docs and the compiled cmdlets, in artifacts/help.' {
    Assert (Test-Path "$Artifacts/help/en-US/Defragger.PowerShell.dll-Help.xml") 'The build made no help.'
}

Task Pack -Depends Stage -Description 'The staged module as one archive, in artifacts/pack.' {
    Exec { mkdir -p "$Artifacts/pack" }
    Exec { tar -czf "$Artifacts/pack/Defragger.tar.gz" -C "$Artifacts/module" Defragger }
}

Task Bench -Depends Build -Description 'One benchmark: -properties @{ Benchmark = "NAME" }; none named, a list.' {
    Exec { & $Entry bench $Benchmark }
}

Task Python -Depends Build -Description 'CPython 3.11.2 from source on Defragger, end to end and checked; the result goes to docs/python-build.md.' {
    Exec { & $Entry bench python-build 3.11.2 "$PSScriptRoot/docs/python-build.md" }
}

Task Clean -Description 'Remove everything that was built.' {
    Exec { & $Entry clean }
}
