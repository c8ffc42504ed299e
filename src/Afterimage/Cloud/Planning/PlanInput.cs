namespace Afterimage.Cloud.Planning;

/// <summary>What a plan is made for.</summary>
internal sealed record PlanInput
{
    /// <summary>Images kept.</summary>
    public long Images { get; init; } = 100_000;

    /// <summary>Requests a month.</summary>
    public long Requests { get; init; } = 1_000_000;

    /// <summary>Components of a vector.</summary>
    public int Dimensions { get; init; } = 768;

    /// <summary>Share of requests that the exact tier answers, 0 to 1.</summary>
    public double ExactShare { get; init; } = 0.3;

    /// <summary>Share of requests that the semantic tier answers, 0 to 1; with <see cref="ExactShare"/> at most 1.</summary>
    public double SemanticShare { get; init; } = 0.1;

    /// <summary>Mean size of an image in bytes.</summary>
    public long ImageBytes { get; init; } = 150_000;

    /// <summary>Requests a second at the peak, divided by the mean.</summary>
    public double PeakFactor { get; init; } = 4;

    /// <summary>Tokens of a prompt as the embedder counts them.</summary>
    public int PromptTokens { get; init; } = 40;

    /// <summary>Share of hits that the gateway's own memory and disk answer when entries live in a bucket, 0 to 1.</summary>
    public double HotShare { get; init; } = 0.8;

    /// <summary>Share of requests that force a new picture (<c>no-cache</c>), 0 to 1; they rewrite a key that exists.</summary>
    public double RefreshShare { get; init; } = 0.01;

    /// <summary>Share of all requests that ask for the most popular picture, 0 to 1.</summary>
    public double TopShare { get; init; } = 0.01;

    /// <summary>Gateways, where there are several.</summary>
    public int Gateways { get; init; } = 2;

    /// <summary>Every mistake as a sentence; empty where a plan can be made.</summary>
    public IReadOnlyList<string> Validate()
    {
        var mistakes = new List<string>();
        Check(Images is >= 1 and <= 100_000_000_000, "--images must be 1 to 100,000,000,000.");
        Check(Requests is >= 1 and <= 1_000_000_000_000, "--requests must be 1 to 1,000,000,000,000 a month.");
        Check(Dimensions is >= 1 and <= 4_096, "--dimensions must be 1 to 4,096.");
        Check(ImageBytes is >= 1 and <= 1_000_000_000, "--image-kb must be above 0 and at most 1,000,000.");
        Check(PeakFactor is >= 1 and <= 1_000, "--peak must be 1 to 1,000.");
        Check(PromptTokens is >= 1 and <= 8_192, "--tokens must be 1 to 8,192.");
        Check(Gateways is >= 1 and <= 1_000, "--gateways must be 1 to 1,000.");
        foreach ((double share, string name) in new[] { (ExactShare, "exact"), (SemanticShare, "semantic"), (HotShare, "hot"), (RefreshShare, "refresh"), (TopShare, "top") })
        {
            Check(share is >= 0 and <= 1, $"--{name}-share must be 0 to 1.");
        }

        Check(ExactShare + SemanticShare <= 1, "--exact-share and --semantic-share together must not exceed 1.");
        return mistakes;

        void Check(bool good, string sentence)
        {
            if (!good)
            {
                mistakes.Add(sentence);
            }
        }
    }
}
