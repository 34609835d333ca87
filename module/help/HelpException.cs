namespace Defragger.Help;

/// <summary>A page that cannot be taken as it is: the message begins with FILE(LINE), as a compiler's does.</summary>
internal sealed class HelpException : Exception
{
    /// <param name="path">The page.</param>
    /// <param name="line">The line, from 1 on.</param>
    /// <param name="fault">What is wrong, and what to write instead.</param>
    public HelpException(string path, int line, string fault) : base($"{path}({line}): error : {fault}")
    {
    }

    /// <summary>Several faults, a line each.</summary>
    public HelpException(IEnumerable<HelpException> faults) : base(string.Join('\n', faults.Select(fault => fault.Message)))
    {
    }
}
