namespace Defragger.Comparers.Records;

/// <summary>A value of a record: a column, or a leaf of a JSON record.</summary>
/// <param name="Path">Its name, or the way to it as <see cref="Rules.ValuePath"/> writes it.</param>
/// <param name="Hash">Equal for equal values, however they are written.</param>
/// <param name="Text">As it is written, for a person; its beginning where it is long.</param>
/// <param name="Number">The number that it is, or NaN.</param>
internal readonly record struct RecordField(string Path, UInt128 Hash, string Text, double Number);
