using System.Text.Json;

namespace Defragger.Comparers;

/// <summary>
/// The places of a SARIF 2.1.0 document that matter to a comparison; all others are <see cref="Skip"/>.
/// </summary>
internal enum SarifNode
{
    Skip,
    Document, Version, Runs, Run,
    Tool, Driver, ToolName, Rules, Rule, RuleId,
    ExternalParts, ExternalPart,
    Artifacts, Artifact, ArtifactPlace, ArtifactUri,
    Results, Result, BaselineState, Level, ResultKind,
    ResultRuleId, ResultRuleIndex, RuleReference, RuleReferenceId, RuleReferenceIndex,
    RuleComponent, RuleComponentName, RuleComponentIndex, RuleComponentGuid,
    Message, MessageText, MessageMarkdown, MessageId, Arguments, Argument,
    Locations, Location, Physical, Place, PlaceUri, PlaceIndex, Region, StartLine, Snippet, SnippetText,
    ContextRegion, ContextSnippet, ContextText,
    CodeFlows, CodeFlow, Threads, Thread, Steps, Step, StepLocation, StepMessage, StepText, StepMessageId,
    StepPhysical, StepPlace, StepUri, StepIndex, StepRegion, StepLine,
    Fingerprints, Fingerprint, PartialFingerprints, PartialFingerprint,
}

/// <summary>
/// Which place a member or an element leads to: the part of the SARIF schema that is read, as two tables.
/// </summary>
internal static class SarifGrammar
{
    /// <summary>What stands at a place.</summary>
    public enum Shape
    {
        Any,
        Scalar,
        Object,
        Array,
    }

    /// <summary>The place of the member whose name the reader stands on.</summary>
    public static SarifNode Member(SarifNode parent, ref Utf8JsonReader name) => parent switch
    {
        SarifNode.Document when name.ValueTextEquals("version"u8) => SarifNode.Version,
        SarifNode.Document when name.ValueTextEquals("runs"u8) => SarifNode.Runs,
        SarifNode.Run when name.ValueTextEquals("tool"u8) => SarifNode.Tool,
        SarifNode.Run when name.ValueTextEquals("artifacts"u8) => SarifNode.Artifacts,
        SarifNode.Run when name.ValueTextEquals("results"u8) => SarifNode.Results,
        SarifNode.Run when name.ValueTextEquals("externalPropertyFileReferences"u8) => SarifNode.ExternalParts,
        SarifNode.ExternalParts when IsOfFindings(ref name) => SarifNode.ExternalPart,
        SarifNode.Tool when name.ValueTextEquals("driver"u8) => SarifNode.Driver,
        SarifNode.Driver when name.ValueTextEquals("name"u8) => SarifNode.ToolName,
        SarifNode.Driver when name.ValueTextEquals("rules"u8) => SarifNode.Rules,
        SarifNode.Rule when name.ValueTextEquals("id"u8) => SarifNode.RuleId,
        SarifNode.Artifact when name.ValueTextEquals("location"u8) => SarifNode.ArtifactPlace,
        SarifNode.ArtifactPlace when name.ValueTextEquals("uri"u8) => SarifNode.ArtifactUri,
        SarifNode.Result => OfResult(ref name),
        SarifNode.RuleReference when name.ValueTextEquals("id"u8) => SarifNode.RuleReferenceId,
        SarifNode.RuleReference when name.ValueTextEquals("index"u8) => SarifNode.RuleReferenceIndex,
        SarifNode.RuleReference when name.ValueTextEquals("toolComponent"u8) => SarifNode.RuleComponent,
        SarifNode.RuleComponent when name.ValueTextEquals("name"u8) => SarifNode.RuleComponentName,
        SarifNode.RuleComponent when name.ValueTextEquals("index"u8) => SarifNode.RuleComponentIndex,
        SarifNode.RuleComponent when name.ValueTextEquals("guid"u8) => SarifNode.RuleComponentGuid,
        SarifNode.Message when name.ValueTextEquals("text"u8) => SarifNode.MessageText,
        SarifNode.Message when name.ValueTextEquals("markdown"u8) => SarifNode.MessageMarkdown,
        SarifNode.Message when name.ValueTextEquals("id"u8) => SarifNode.MessageId,
        SarifNode.Message when name.ValueTextEquals("arguments"u8) => SarifNode.Arguments,
        SarifNode.Location when name.ValueTextEquals("physicalLocation"u8) => SarifNode.Physical,
        SarifNode.Physical when name.ValueTextEquals("artifactLocation"u8) => SarifNode.Place,
        SarifNode.Physical when name.ValueTextEquals("region"u8) => SarifNode.Region,
        SarifNode.Place when name.ValueTextEquals("uri"u8) => SarifNode.PlaceUri,
        SarifNode.Place when name.ValueTextEquals("index"u8) => SarifNode.PlaceIndex,
        SarifNode.Region when name.ValueTextEquals("startLine"u8) => SarifNode.StartLine,
        SarifNode.Region when name.ValueTextEquals("snippet"u8) => SarifNode.Snippet,
        SarifNode.Snippet when name.ValueTextEquals("text"u8) => SarifNode.SnippetText,
        SarifNode.Physical when name.ValueTextEquals("contextRegion"u8) => SarifNode.ContextRegion,
        SarifNode.ContextRegion when name.ValueTextEquals("snippet"u8) => SarifNode.ContextSnippet,
        SarifNode.ContextSnippet when name.ValueTextEquals("text"u8) => SarifNode.ContextText,
        SarifNode.CodeFlow when name.ValueTextEquals("threadFlows"u8) => SarifNode.Threads,
        SarifNode.Thread when name.ValueTextEquals("locations"u8) => SarifNode.Steps,
        >= SarifNode.Step and <= SarifNode.StepLine => OfStep(parent, ref name),
        SarifNode.Fingerprints => SarifNode.Fingerprint,
        SarifNode.PartialFingerprints => SarifNode.PartialFingerprint,
        _ => SarifNode.Skip,
    };

    /// <summary>The place of an element of an array; of the locations only the first counts.</summary>
    public static SarifNode Element(SarifNode parent, int index) => parent switch
    {
        SarifNode.Runs => SarifNode.Run,
        SarifNode.Rules => SarifNode.Rule,
        SarifNode.Artifacts => SarifNode.Artifact,
        SarifNode.Results => SarifNode.Result,
        SarifNode.Arguments => SarifNode.Argument,
        SarifNode.Locations when index == 0 => SarifNode.Location,
        SarifNode.CodeFlows => SarifNode.CodeFlow,
        SarifNode.Threads => SarifNode.Thread,
        SarifNode.Steps => SarifNode.Step,
        _ => SarifNode.Skip,
    };

    /// <summary>What must stand at a place if it is there at all and not null.</summary>
    public static Shape ShapeOf(SarifNode node) => node switch
    {
        SarifNode.Skip or SarifNode.ExternalPart => Shape.Any,
        SarifNode.Runs or SarifNode.Rules or SarifNode.Artifacts or SarifNode.Results or SarifNode.Arguments
            or SarifNode.Locations or SarifNode.CodeFlows or SarifNode.Threads or SarifNode.Steps => Shape.Array,
        SarifNode.Document or SarifNode.Run or SarifNode.ExternalParts or SarifNode.Tool or SarifNode.Driver or SarifNode.Rule
            or SarifNode.Artifact or SarifNode.ArtifactPlace or SarifNode.Result or SarifNode.RuleReference
            or SarifNode.RuleComponent or SarifNode.Message or SarifNode.Location or SarifNode.Physical
            or SarifNode.Place or SarifNode.Region or SarifNode.Fingerprints or SarifNode.PartialFingerprints
            or SarifNode.Snippet or SarifNode.ContextRegion or SarifNode.ContextSnippet or SarifNode.CodeFlow or SarifNode.Thread
            or SarifNode.Step or SarifNode.StepLocation or SarifNode.StepMessage or SarifNode.StepPhysical
            or SarifNode.StepPlace or SarifNode.StepRegion => Shape.Object,
        _ => Shape.Scalar,
    };

    /// <summary>The parts of a run that its findings need.</summary>
    private static bool IsOfFindings(ref Utf8JsonReader name) =>
        name.ValueTextEquals("results"u8) || name.ValueTextEquals("artifacts"u8) || name.ValueTextEquals("driver"u8);

    private static SarifNode OfStep(SarifNode parent, ref Utf8JsonReader name) => parent switch
    {
        SarifNode.Step when name.ValueTextEquals("location"u8) => SarifNode.StepLocation,
        SarifNode.StepLocation when name.ValueTextEquals("message"u8) => SarifNode.StepMessage,
        SarifNode.StepLocation when name.ValueTextEquals("physicalLocation"u8) => SarifNode.StepPhysical,
        SarifNode.StepMessage when name.ValueTextEquals("text"u8) => SarifNode.StepText,
        SarifNode.StepMessage when name.ValueTextEquals("id"u8) => SarifNode.StepMessageId,
        SarifNode.StepPhysical when name.ValueTextEquals("artifactLocation"u8) => SarifNode.StepPlace,
        SarifNode.StepPhysical when name.ValueTextEquals("region"u8) => SarifNode.StepRegion,
        SarifNode.StepPlace when name.ValueTextEquals("uri"u8) => SarifNode.StepUri,
        SarifNode.StepPlace when name.ValueTextEquals("index"u8) => SarifNode.StepIndex,
        SarifNode.StepRegion when name.ValueTextEquals("startLine"u8) => SarifNode.StepLine,
        _ => SarifNode.Skip,
    };

    private static SarifNode OfResult(ref Utf8JsonReader name) =>
        name.ValueTextEquals("ruleId"u8) ? SarifNode.ResultRuleId
        : name.ValueTextEquals("ruleIndex"u8) ? SarifNode.ResultRuleIndex
        : name.ValueTextEquals("rule"u8) ? SarifNode.RuleReference
        : name.ValueTextEquals("message"u8) ? SarifNode.Message
        : name.ValueTextEquals("locations"u8) ? SarifNode.Locations
        : name.ValueTextEquals("codeFlows"u8) ? SarifNode.CodeFlows
        : name.ValueTextEquals("fingerprints"u8) ? SarifNode.Fingerprints
        : name.ValueTextEquals("partialFingerprints"u8) ? SarifNode.PartialFingerprints
        : name.ValueTextEquals("baselineState"u8) ? SarifNode.BaselineState
        : name.ValueTextEquals("level"u8) ? SarifNode.Level
        : name.ValueTextEquals("kind"u8) ? SarifNode.ResultKind
        : SarifNode.Skip;
}
