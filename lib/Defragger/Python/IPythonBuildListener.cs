namespace Defragger.Python;

/// <summary>Who is told how a build goes. Called on the thread that builds.</summary>
public interface IPythonBuildListener
{
    /// <summary>A stage has come so far.</summary>
    /// <param name="stage">Its name.</param>
    /// <param name="fraction">Of its work, 0 to 1; null when that is not known.</param>
    /// <param name="detail">What is being done.</param>
    void Moved(string stage, double? fraction, string detail);

    /// <summary>Something was decided that a person may wonder about.</summary>
    void Decided(string message);
}
