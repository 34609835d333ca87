using System.Management.Automation;
using System.Text;
using Defragger.Files;
using Defragger.Reports;
using Defragger.Views;
using Defragger.WhatIf;

namespace Defragger.PowerShell.Commands;

/// <summary>Draws snapshots of a heap: address by row, colour by state.</summary>
[Cmdlet(VerbsData.Export, "DefragHeapMap", SupportsShouldProcess = true, HelpUri = "")]
[OutputType(typeof(HeapMap), typeof(FileInfo))]
public sealed class ExportDefragHeapMapCommand : CancellableCommand
{
    private readonly List<HeapMap> _maps = [];
    private string _file = "";
    private string _kind = "";

    /// <summary>Snapshots, as df_malloc_snapshot and defragger.snapshot write them; or recordings and texts of traces.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("FullName")]
    [ValidateNotNullOrEmpty]
    public string[] Path { get; set; } = [];

    /// <summary>The file to write: .png for one snapshot, .svg or .html for any number.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [ValidateNotNullOrEmpty]
    public string OutputPath { get; set; } = "";

    /// <summary>What the colour of a page with live blocks tells.</summary>
    [Parameter]
    [Alias("ColorBy")]
    public HeapColour ColourBy { get; set; }

    /// <summary>How many moments of a trace are drawn; the last is its end.</summary>
    [Parameter]
    [ValidateRange(1, 1000)]
    public int Moments { get; set; } = 12;

    /// <summary>Replaces a file that is there.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Gives the maps with their figures instead of the file.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        _file = FullPath(OutputPath);
        _kind = System.IO.Path.GetExtension(_file).ToLowerInvariant();
        if (_kind is not (".svg" or ".png" or ".html"))
            Fail(ErrorKind.InvalidFormat, $"'{OutputPath}' ends with '{_kind}'; a heap map is .svg, .png or .html.", OutputPath);
        if (File.Exists(_file) && !Force)
            Fail(ErrorKind.OutputExists, $"'{_file}' is there. Replace it (-Force), or choose another -OutputPath.", _file);
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (string path in Path)
        {
            string full = FullPath(path);
            try
            {
                if (TraceMaps.IsTrace(full)) _maps.AddRange(TraceMaps.Read(Tool("defrag-trace"), full, Moments, Stop));
                else _maps.Add(SnapshotReader.Read(full));
            }
            catch (OperationCanceledException)
            {
                throw new PipelineStoppedException();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or InvalidDataException)
            {
                WriteError(ErrorKind.SnapshotNotReadable.Record(e.Message, full, e));
            }
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (_maps.Count == 0) return; // an error has told of each
        if (_maps.Count > 1 && _kind == ".png")
            Fail(ErrorKind.InvalidFormat, $"{_maps.Count} snapshots do not fit into one {_kind}; write .svg, which shows them in turn, or .html, which has a slider.", OutputPath);
        if (ColourBy == HeapColour.Age && _maps.FirstOrDefault(map => !map.HasAges && map.Blocks > 0) is HeapMap ageless)
            Fail(ErrorKind.InvalidFormat, $"'{ageless.Name}' does not tell how old its blocks are; a trace does.", ageless.Name);
        if (!ShouldProcess($"'{_file}'", $"Draw {(_maps.Count == 1 ? $"'{_maps[0].Name}'" : $"{_maps.Count} snapshots")}")) return;
        try
        {
            AtomicFile.Write(_file, _kind switch
            {
                ".png" => HeapMapPage.Png(_maps[0], ColourBy),
                ".svg" => Encoding.UTF8.GetBytes(HeapMapPage.Svg(_maps, ColourBy)),
                _ => Encoding.UTF8.GetBytes(HeapMapPage.Html(_maps, ColourBy)),
            });
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Fail(ErrorKind.OutputNotWritable, $"'{_file}' cannot be written: {e.Message}", _file, e);
        }
        if (PassThru) WriteObject(_maps, enumerateCollection: true);
        else WriteObject(new FileInfo(_file));
    }
}
