namespace Defragger.Comparers.Matching;

/// <summary>What the passes know of one finding that waits for a partner: hashes of its parts, no text.</summary>
/// <remarks>
/// 64 bits each: among 200,000 findings two different parts get one hash with a probability of about 2 in 10^9, among ten
/// million of 3 in 10^6, and then one pair is wrong. Whether two logs are the same is asked of 128 bits. 0 stands for a part
/// that the finding does not have. Size: 160 bytes. A class, so that the passes need no copies; only <see cref="RenamePass"/>,
/// <see cref="FindingTally"/> and the <see cref="TraitsPool"/> change it.
/// </remarks>
internal sealed class FindingTraits
{
    /// <summary>The key under which it waits, and an order among findings on one line.</summary>
    public UInt128 Key;

    /// <summary>Which finding of its file it is, from 0.</summary>
    public long Number;

    /// <summary>Where in its file its object begins.</summary>
    public long Offset;

    /// <summary>Bytes of its object.</summary>
    public long Length;

    /// <summary>The tool.</summary>
    public ulong Tool;

    /// <summary>Tool and rule.</summary>
    public ulong Rule;

    /// <summary>The file of its first location, as <see cref="SarifUri"/> writes it.</summary>
    public ulong File;

    /// <summary>The line that it starts on; a hash with the sign set where there is no whole number from 0 on.</summary>
    public long Line;

    /// <summary>The message, with its arguments.</summary>
    public ulong Message;

    /// <summary>The message as <see cref="MessageMask"/> leaves it.</summary>
    public ulong Masked;

    /// <summary>Level, kind and the text of its region.</summary>
    public ulong Standing;

    /// <summary>What surrounds it, whatever file and line that is in: see <see cref="FindingContext"/>.</summary>
    public ulong Context;

    /// <summary>First and last step of its code flows, with their places.</summary>
    public ulong FlowEnds;

    /// <summary>All steps of its code flows, with their places.</summary>
    public ulong FlowSteps;

    /// <summary>What the steps of its code flows say, wherever they are.</summary>
    public ulong FlowShape;

    /// <summary>The finding of the other log that it is, once that has been told.</summary>
    public FindingTraits? Partner;

    /// <summary>Its fingerprints.</summary>
    public Fingerprint[] Fingerprints = [];

    /// <summary>The half of a hash that is kept; never 0, which stands for nothing.</summary>
    public static ulong Short(UInt128 hash) => Math.Max(1, (ulong)hash);

    /// <summary>A hash of two hashes, in this order; never 0.</summary>
    public static ulong Join(ulong first, ulong second)
    {
        // The two rounds of splitmix64 (Steele, Lea, Flood 2014): the parts are well mixed already.
        ulong mixed = (first * 0x9E3779B97F4A7C15) ^ (second + 0x9E3779B97F4A7C15);
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return Math.Max(1, mixed ^ (mixed >> 31));
    }
}
