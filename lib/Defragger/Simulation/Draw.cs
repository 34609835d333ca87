namespace Defragger.Simulation;

/// <summary>Random numbers of the shapes that traces are made of; the same seed gives the same numbers on every runtime.</summary>
internal sealed class Draw(int seed)
{
    private readonly Random _random = new(seed); // the algorithm of a seeded Random is kept from version to version

    /// <summary>A number from 0 to below 1.</summary>
    public double Share() => _random.NextDouble();

    /// <summary>A whole number from 0 to below <paramref name="bound"/>.</summary>
    public int Below(int bound) => _random.Next(bound);

    /// <summary>True as often as the probability says.</summary>
    public bool Chance(double probability) => _random.NextDouble() < probability;

    /// <summary>A log-normal number with median 1; sigma is the deviation of its logarithm.</summary>
    public double LogNormal(double sigma)
    {
        double radius = Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble()));
        return Math.Exp(sigma * radius * Math.Cos(2 * Math.PI * _random.NextDouble()));
    }
}
