namespace Defragger.Comparers.Matching;

/// <summary>What surrounds a finding, as a hash that does not change when lines before it do or its file is renamed.</summary>
/// <remarks>
/// The code of its region or, where that is not told, of the context region; blanks do not count, so that a block may be
/// indented. Else what the steps of its code flows say, if they are enough to tell two findings apart.
/// </remarks>
internal static class FindingContext
{
    /// <summary>Code with fewer letters ("}", "return 0;") stands everywhere.</summary>
    private const int FewestLetters = 10;

    /// <summary>Flows of fewer steps say what hundreds of others say.</summary>
    private const int FewestSteps = 3;

    /// <summary>The hash of code, changed in place; 0 if there is too little of it.</summary>
    public static UInt128 OfCode(Span<byte> code)
    {
        int length = 0;
        foreach (byte letter in code)
        {
            if (letter > ' ')
                code[length++] = letter;
        }

        return length < FewestLetters ? UInt128.Zero : JsonHash.Of(code[..length], JsonHash.Kind.Text);
    }

    /// <summary>The context of a finding; 0 if it has none.</summary>
    /// <param name="region">Of its region's code.</param>
    /// <param name="surroundings">Of the context region's code.</param>
    /// <param name="flow">Its code flows.</param>
    public static ulong Of(UInt128 region, UInt128 surroundings, in CodeFlowHash flow)
    {
        if (region != default)
            return FindingTraits.Short(region);
        if (surroundings != default)
            return FindingTraits.Short(surroundings);
        return flow.Count >= FewestSteps ? FindingTraits.Short(flow.Shape) : 0;
    }
}
