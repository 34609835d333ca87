using System.Runtime.InteropServices;

namespace Defragger.Comparers.Records;

/// <summary>What is known of a record that waits for its counterpart: two hashes and where it stands. 48 bytes.</summary>
/// <param name="Key">The values of its key.</param>
/// <param name="Content">All that it says.</param>
/// <param name="Offset">Where in its file it begins.</param>
/// <param name="Length">How many bytes it has there.</param>
/// <param name="Side">Its file.</param>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct KeyedRecord(UInt128 Key, UInt128 Content, long Offset, int Length, Side Side)
    : IComparable<KeyedRecord>
{
    /// <summary>By key, then by content: what belongs together stands together. The side decides last.</summary>
    public int CompareTo(KeyedRecord other)
    {
        int order = Key.CompareTo(other.Key);
        if (order == 0)
            order = Content.CompareTo(other.Content);
        if (order == 0)
            order = ((int)Side).CompareTo((int)other.Side); // an enumeration would be boxed
        return order != 0 ? order : Offset.CompareTo(other.Offset);
    }
}
