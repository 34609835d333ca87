using System.Buffers.Text;

namespace Defragger.Gauges;

/// <summary>Where readings of memory pressure come from.</summary>
internal interface IPressureGauge
{
    /// <summary>The share of the last ten seconds in which all tasks stood still for memory, in percent; 0 when it is not known.</summary>
    double Read();
}

/// <summary>Pressure stall information: "full avg10" of the machine and of every cgroup above this process; the highest.</summary>
/// <remarks>Linux 4.20. A kernel with psi=0 lets the files be opened and fails each read; then there is no pressure.</remarks>
internal sealed class PressureGauge : IPressureGauge, IDisposable
{
    private readonly KernelFile[] _files;

    /// <param name="root">The root of the file system; another one only in tests.</param>
    public PressureGauge(string root = "/") =>
        _files = [.. CgroupPath.UnifiedAncestors(root).Select(group => Path.Combine(group, "memory.pressure"))
            .Prepend(Path.Combine(root, "proc/pressure/memory"))
            .Select(path => KernelFile.TryOpen(path)).OfType<KernelFile>()];

    public double Read()
    {
        double most = 0;
        foreach (KernelFile file in _files) most = Math.Max(most, Read(file));
        return most;
    }

    public void Dispose()
    {
        foreach (KernelFile file in _files) file.Dispose();
    }

    // some avg10=0.00 avg60=0.00 avg300=0.00 total=0
    // full avg10=0.00 avg60=0.00 avg300=0.00 total=0
    private static double Read(KernelFile file)
    {
        try
        {
            ReadOnlySpan<byte> text = file.Read();
            int at = text.IndexOf("full avg10="u8);
            return at >= 0 && Utf8Parser.TryParse(text[(at + "full avg10="u8.Length)..], out double share, out _) ? share : 0;
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
