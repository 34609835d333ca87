BeforeAll {
    Import-Module "$PSScriptRoot/../../artifacts/module/Defragger/Defragger.psd1" -Force
    function New-Root { [System.IO.Directory]::CreateTempSubdirectory('defrag-spec-').FullName }
    $commandName = 'Defragger.PowerShell.Commands.ExportDefragHeapMapCommand'
    $library = [System.IO.Path]::GetFullPath("$PSScriptRoot/../../artifacts/native/libdefragger.so")

    # Two snapshots of a Python whose every object is in our heap: with records, and with one in fifty of them.
    $take = @'
import ctypes, os, sys
library = ctypes.CDLL(None)
def take(name):
    file = os.open(os.path.join(sys.argv[1], name), os.O_WRONLY | os.O_CREAT, 0o600)
    assert library.df_malloc_snapshot(file) == 0
    os.close(file)
records = [{"number": n, "text": str(n) * 20} for n in range(40000)]
take("heap-1")
records = records[::50]
library.malloc_trim(0)
take("heap-2")
'@
}

Describe 'Export-DefragHeapMap' {
    BeforeEach { $root = New-Root }
    AfterEach { [System.IO.Directory]::Delete($root, $true) }

    It 'draws the snapshots of a program' {
        & env "LD_PRELOAD=$library" PYTHONMALLOC=malloc python3 -c $take $root
        $LASTEXITCODE | Should -Be 0
        $maps = @(Export-DefragHeapMap "$root/heap-1", "$root/heap-2" "$root/heap.html" -PassThru)
        $maps.Count | Should -Be 2
        $maps[0].Live | Should -BeGreaterThan ($maps[1].Live * 2)
        $maps[1].Pinned | Should -BeLessThan $maps[0].Pinned
        $maps[1].Purged | Should -BeGreaterThan 1MB
        [System.IO.File]::ReadAllText("$root/heap.html") | Should -BeLike '<!DOCTYPE html>*<input id="slider"*heap-1*heap-2*'

        (Export-DefragHeapMap "$root/heap-2" "$root/heap.svg").FullName | Should -Be "$root/heap.svg"
        ([xml] [System.IO.File]::ReadAllText("$root/heap.svg")).DocumentElement.LocalName | Should -Be 'svg'
        [void] (Export-DefragHeapMap "$root/heap-2" "$root/heap.png")
        [System.IO.File]::ReadAllBytes("$root/heap.png")[1..3] | Should -Be 80, 78, 71
    }

    Context 'what it is given' {
        BeforeEach {
            [System.IO.File]::WriteAllText("$root/good", "arena 0x1000 8192`nblock 0 4096`nfree 4096 4096`nend`n")
            [System.IO.File]::WriteAllText("$root/empty.trace", "h 4096`n")
            [System.IO.File]::WriteAllText("$root/cut", "arena 0x1000 8192`nblock 0 4096`n")
        }

        It 'gives an error for what is no snapshot, and goes on' {
            $failures = $null
            $maps = @("$root/cut", '/nowhere', "$root/empty.trace", "$root/good" | Export-DefragHeapMap -OutputPath "$root/m.svg" -PassThru -ErrorVariable failures -ErrorAction SilentlyContinue)
            @(foreach ($failure in $failures) { $failure.FullyQualifiedErrorId }) | Should -Be "SnapshotNotReadable,$commandName", "SnapshotNotReadable,$commandName", "SnapshotNotReadable,$commandName"
            "$($maps[0].Live) $($maps[0].Purged)" | Should -Be '4096 4096'
        }

        It 'draws the moments of a trace by <By>, as an animation or with a slider' -ForEach @(@{ By = 'State' }, @{ By = 'Size' }, @{ By = 'Age' }) {
            $lines = @('h 1048576') + @(for ($i = 0; $i -lt 2000; $i++) { "a $i $(($i % 7 + 1) * 40)" }) + @(for ($i = 0; $i -lt 2000; $i += 2) { "f $i" })
            [System.IO.File]::WriteAllText("$root/t.trace", ($lines -join "`n") + "`n")
            $maps = @(Export-DefragHeapMap "$root/t.trace" "$root/m.svg" -Moments 5 -ColourBy $By -PassThru)
            "$($maps.Count) $($maps[4].Blocks) $($maps[4].Name)" | Should -Be '5 1000 t.trace, the end'
            $maps[0].HasAges | Should -BeTrue
            $svg = [System.IO.File]::ReadAllText("$root/m.svg")
            ([xml] $svg).DocumentElement.LocalName | Should -Be 'svg'
            [regex]::Matches($svg, '<animate ').Count | Should -Be 5
            [void] (Export-DefragHeapMap "$root/t.trace" "$root/m.html" -ColourBy $By)
            [regex]::Matches([System.IO.File]::ReadAllText("$root/m.html"), '<figure').Count | Should -Be 12
        }

        It 'draws a region without pages by its granules' {
            [System.IO.File]::WriteAllText("$root/region", "region 0x0 640`nblock 0 32`nfree 32 16`nblock 48 512`nfree 560 80`nend`n")
            $map = Export-DefragHeapMap "$root/region" "$root/m.svg" -ColourBy Size -PassThru
            "$($map.Live) $($map.Pinned) $($map.Free) $($map.Arenas[0].Pages.Count)" | Should -Be '544 544 96 40'
            [System.IO.File]::ReadAllText("$root/m.svg") | Should -BeLike '*544 B live, 96 B free; a cell is 16 B*'
        }

        It 'ends with <Id> for <What>' -ForEach @(
            @{ What = 'a file of another kind'; Id = 'InvalidFormat'; Output = 'm.gif'; Names = @('good') }
            @{ What = 'several snapshots in one picture'; Id = 'InvalidFormat'; Output = 'm.png'; Names = @('good', 'good') }
            @{ What = 'a file that is there'; Id = 'OutputExists'; Output = 'there.svg'; Names = @('good') }
            @{ What = 'a folder that is not there'; Id = 'OutputNotWritable'; Output = 'none/m.svg'; Names = @('good') }
        ) {
            [System.IO.File]::WriteAllText("$root/there.svg", '')
            $paths = @(foreach ($name in $Names) { "$root/$name" })
            { Export-DefragHeapMap $paths "$root/$Output" } | Should -Throw -ErrorId "$Id,$commandName"
        }

        It 'does not colour a snapshot by an age that it does not tell' {
            { Export-DefragHeapMap "$root/good" "$root/m.svg" -ColourBy Age } | Should -Throw -ErrorId "InvalidFormat,$commandName"
        }

        It 'writes nothing with -WhatIf' {
            @(Export-DefragHeapMap "$root/good" "$root/m.svg" -WhatIf).Count | Should -Be 0
            [System.IO.File]::Exists("$root/m.svg") | Should -BeFalse
        }
    }
}
