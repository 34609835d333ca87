using System.Runtime.InteropServices;
using Defragger.Comparers.Matching;

namespace Defragger.Comparers;

/// <summary>What has been read of the current result; at its end, the finding.</summary>
/// <remarks>
/// A finding's content is (tool, rule, file, line, message, level, kind, snippet, code flows): what is compared. Its key has the
/// fingerprints too. Code of the context region and fingerprints only help to find its partner: other lines than the
/// finding's, and another version of the tool, may change them.
/// </remarks>
internal struct SarifDraft
{
    public UInt128? RuleId;
    public UInt128? Uri;
    public UInt128? Text;
    public UInt128? Markdown;
    public UInt128? MessageId;
    public UInt128? Standing; // level and kind
    public UInt128 Arguments;
    public UInt128 MaskedText;
    public UInt128 MaskedMarkdown;
    public UInt128 MaskedArguments;
    public UInt128 RuleComponent;
    public UInt128 Line;
    public UInt128 Snippet;
    public UInt128 RegionCode;
    public UInt128 SurroundingCode;
    public CodeFlowHash Flow;
    public FlowStep Step;
    public long LineNumber;
    public long RuleIndex;
    public long ArtifactIndex;
    public bool RuleIsOfComponent;
    public bool IsAbsent;

    /// <summary>The finding.</summary>
    /// <param name="pool">Where its traits come from.</param>
    /// <param name="number">Which one of its file it is, from 0.</param>
    /// <param name="tool">The tool.</param>
    /// <param name="rule">Tool and rule.</param>
    /// <param name="file">The file of its first location, or 0.</param>
    /// <param name="fingerprints">Name with value, and the number of the name.</param>
    public readonly SarifFinding Finish(
        TraitsPool pool, long number, UInt128 tool, UInt128 rule, UInt128 file, List<(UInt128 Pair, int Name)> fingerprints)
    {
        UInt128 message = JsonHash.Of(Text ?? Markdown ?? MessageId ?? default, Arguments, JsonHash.Kind.Member);
        UInt128 flow = JsonHash.Of(Flow.Steps, Flow.Ends, JsonHash.Kind.Member);
        ReadOnlySpan<UInt128> parts = [rule, file, Line, message, Standing ?? default, Snippet, flow];
        UInt128 content = JsonHash.Of(MemoryMarshal.AsBytes(parts), JsonHash.Kind.Object);
        UInt128 key = content;
        FindingTraits traits = pool.Take();
        traits.Number = number;
        traits.Partner = null;
        traits.Tool = FindingTraits.Short(tool);
        traits.Rule = FindingTraits.Short(rule);
        traits.File = FindingTraits.Short(file);
        traits.Line = LineNumber;
        traits.Message = FindingTraits.Short(message);
        traits.Masked = FindingTraits.Short(JsonHash.Of(MaskedMessage, MaskedArguments, JsonHash.Kind.Member));
        traits.Standing = FindingTraits.Short(JsonHash.Of(Standing ?? default, Snippet, JsonHash.Kind.Member));
        traits.Context = FindingContext.Of(RegionCode, SurroundingCode, Flow);
        traits.FlowEnds = Flow.Count == 0 ? 0 : FindingTraits.Short(Flow.Ends);
        traits.FlowSteps = FindingTraits.Short(flow);
        traits.FlowShape = FindingTraits.Short(Flow.Shape);
        if (traits.Fingerprints.Length != fingerprints.Count)
            traits.Fingerprints = fingerprints.Count == 0 ? [] : new Fingerprint[fingerprints.Count];
        for (int i = 0; i < fingerprints.Count; i++)
        {
            // A sum: the order of the fingerprints does not matter.
            key = unchecked(key + fingerprints[i].Pair);
            traits.Fingerprints[i] = new Fingerprint(FindingTraits.Short(fingerprints[i].Pair), fingerprints[i].Name);
        }

        traits.Key = key;
        return new SarifFinding(content, key, traits);
    }

    private readonly UInt128 MaskedMessage =>
        Text is not null ? MaskedText : Markdown is not null ? MaskedMarkdown : MessageId ?? default;

    /// <summary>What has been read of the current step of a code flow.</summary>
    public struct FlowStep
    {
        public UInt128? Uri;
        public UInt128 Message;
        public UInt128 Line;
        public long Index;
    }
}
