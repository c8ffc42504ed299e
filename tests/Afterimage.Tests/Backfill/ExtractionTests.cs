using System.Text.Json;
using Afterimage.Backfill.Extraction;
using Afterimage.Backfill.Jobs;
using Afterimage.Tests.Images;
using Xunit;

namespace Afterimage.Tests.Backfill;

/// <summary>What tools write into pictures, and whether it says all that went into them: only then is a picture an answer to its words.</summary>
public sealed class ExtractionTests
{
    private const string Settings = "Steps: 20, Sampler: Euler a, CFG scale: 7, Seed: 5, Size: 512x512, Model: sd15";

    [Theory]
    [InlineData(Settings, BesidesWords.Nothing)]
    [InlineData(Settings + ", Denoising strength: 0.7, Hires upscale: 2, Hires upscaler: Latent", BesidesWords.Nothing)]
    [InlineData(Settings + ", Denoising strength: 0.7, First pass size: 0x0", BesidesWords.Nothing)]
    [InlineData(Settings + ", ADetailer model: face_yolov8n.pt, ADetailer denoising strength: 0.4, Version: v1.9.4", BesidesWords.Nothing)]
    [InlineData(Settings + ", Denoising strength: 0.75", BesidesWords.Image)]
    [InlineData(Settings + ", Denoising strength: 0.75, Mask blur: 4", BesidesWords.Image)]
    [InlineData(Settings + ", Denoising strength: 0.75, Inpaint area: Only masked, Masked area padding: 32", BesidesWords.Image)]
    [InlineData(Settings + ", Denoising strength: 0.5, Init-size: 512x512, Init-hash: 1a2b", BesidesWords.Image)]
    [InlineData(Settings + ", ControlNet 0: \"Module: canny, Model: control_v11p_sd15_canny, Weight: 1\"", BesidesWords.Image)]
    [InlineData(Settings + ", Denoising strength: 0.4, Hires upscale: 2, Hires prompt: \"a castle on fire, night\"", BesidesWords.Words)]
    public void The_settings_of_AUTOMATIC1111_tell_what_a_picture_was_made_from(string settings, BesidesWords besides)
    {
        Extracted extracted = InfoText.Read($"a castle\nNegative prompt: blurry\n{settings}", "x")!;

        Assert.Equal(("a castle", "blurry", "5", "sd15"), (extracted.Prompt, extracted.Find("negative_prompt"), extracted.Find("seed"), extracted.Find("model")));
        Assert.Equal(besides, extracted.Besides);
    }

    [Theory]
    [InlineData("""{"prompt":"a castle","generation_mode":"txt2img","controlnets":[],"strength":null,"init_image":null}""", BesidesWords.Nothing)]
    [InlineData("""{"prompt":"a castle","generation_mode":"sdxl_img2img","strength":0.6}""", BesidesWords.Image)]
    [InlineData("""{"prompt":"a castle","generation_mode":"txt2img","controlnets":[{"image":{"image_name":"x.png"}}]}""", BesidesWords.Image)]
    [InlineData("""{"prompt":"a castle","canvas_v2_metadata":{"controlLayers":[],"referenceImages":[{"id":"1"}],"regionalGuidance":[]}}""", BesidesWords.Image)]
    [InlineData("""{"prompt":"a castle","canvas_v2_metadata":{"controlLayers":[],"referenceImages":[],"regionalGuidance":[{"positivePrompt":"a dragon"}]}}""", BesidesWords.Words)]
    [InlineData("""{"prompt":"a castle","request_type":"PromptGenerateRequest","reference_strength_multiple":[]}""", BesidesWords.Nothing)]
    [InlineData("""{"prompt":"a castle","request_type":"Img2ImgRequest","strength":0.7}""", BesidesWords.Image)]
    [InlineData("""{"prompt":"a castle","request_type":"NativeInfillingRequest"}""", BesidesWords.Image)]
    [InlineData("""{"prompt":"a castle","request_type":"PromptGenerateRequest","reference_strength_multiple":[0.6]}""", BesidesWords.Image)]
    [InlineData("""{"prompt":"a castle","v4_prompt":{"caption":{"base_caption":"a castle","char_captions":[]}}}""", BesidesWords.Nothing)]
    [InlineData("""{"prompt":"a castle","v4_prompt":{"caption":{"base_caption":"a castle","char_captions":[{"char_caption":"a girl"}]}}}""", BesidesWords.Words)]
    [InlineData("""{"prompt":"a castle","image":"https://example.com/pose.png"}""", BesidesWords.Image)]
    [InlineData("""{"prompt":"a castle","mask":"","image":null,"init_images":[]}""", BesidesWords.Nothing)]
    public void The_JSON_of_tools_tells_what_a_picture_was_made_from(string json, BesidesWords besides)
    {
        Extracted extracted = PromptJson.Read(json, "x", ofPicture: true)!;

        Assert.Equal(("a castle", besides), (extracted.Prompt, extracted.Besides));
    }

    [Fact]
    public void An_image_that_a_request_names_is_a_parameter_and_one_that_a_sidecar_names_may_be_the_picture()
    {
        Extracted request = PromptJson.Read("""{"originalPrompt":"a castle","prompt":"a castle","image":"https://example.com/in.png"}""", "x", ofPicture: true)!;
        Extracted sidecar = PromptJson.Read("""{"prompt":"a castle","image":"0001.png"}""", "x", ofPicture: false)!;

        Assert.Equal((BesidesWords.Nothing, "https://example.com/in.png"), (request.Besides, request.Find("image")));
        Assert.Equal(BesidesWords.Nothing, sidecar.Besides);
    }

    [Fact]
    public void A_plain_graph_gives_its_texts_seed_and_model()
    {
        Extracted extracted = Graph(Plain("a castle", "blurry"));

        Assert.Equal(("a castle", "blurry", "5", "base", BesidesWords.Nothing), Gist(extracted));
    }

    [Fact]
    public void A_second_pass_over_the_same_words_changes_nothing()
    {
        Dictionary<string, object> graph = Plain("a castle", "blurry");
        graph["up"] = Node("LatentUpscale", new() { ["samples"] = Link("sampler") });
        graph["second"] = Node("KSampler", new() { ["seed"] = 9, ["denoise"] = 0.5, ["model"] = Link("model"), ["positive"] = Link("positive"), ["negative"] = Link("negative"), ["latent_image"] = Link("up") });
        graph["decode"] = Node("VAEDecode", new() { ["samples"] = Link("second"), ["vae"] = Link("model") });

        Assert.Equal(("a castle", "blurry", "9", "base", BesidesWords.Nothing), Gist(Graph(graph)));
    }

    [Fact]
    public void A_picture_that_began_from_a_loaded_image_is_known_by_its_graph()
    {
        Dictionary<string, object> graph = Plain("a castle", "blurry");
        graph["load"] = Node("LoadImage", new() { ["image"] = "photo.png" });
        graph["latent"] = Node("VAEEncode", new() { ["pixels"] = Link("load"), ["vae"] = Link("model") });

        Assert.Equal(BesidesWords.Image, Graph(graph).Besides);
    }

    [Fact]
    public void So_is_one_that_a_pose_guided_and_its_negative_text_is_not_the_positive_one()
    {
        Dictionary<string, object> graph = Plain("a castle", "blurry");
        graph["load"] = Node("Load Image (from web)", new() { ["url"] = "x" });
        graph["guided"] = Node("ControlNetApplyAdvanced", new() { ["positive"] = Link("positive"), ["negative"] = Link("negative"), ["image"] = Link("load"), ["strength"] = 0.8 });
        Sampler(graph)["positive"] = Link("guided");
        Sampler(graph)["negative"] = Link("guided");

        Assert.Equal(("a castle", "blurry", "5", "base", BesidesWords.Image), Gist(Graph(graph)));
    }

    [Fact]
    public void An_image_that_nothing_leads_from_does_not_count()
    {
        Dictionary<string, object> graph = Plain("a castle", "blurry");
        graph["load"] = Node("LoadImage", new() { ["image"] = "photo.png" });

        Assert.Equal(BesidesWords.Nothing, Graph(graph).Besides);
    }

    [Theory]
    [InlineData("a moon", BesidesWords.Words)]
    [InlineData("a castle", BesidesWords.Nothing)]
    public void Two_texts_that_come_together_are_more_than_either(string second, BesidesWords besides)
    {
        Dictionary<string, object> graph = Plain("a castle", "blurry");
        graph["second"] = Node("CLIPTextEncode", new() { ["text"] = second, ["clip"] = Link("model") });
        graph["both"] = Node("ConditioningCombine", new() { ["conditioning_1"] = Link("positive"), ["conditioning_2"] = Link("second") });
        Sampler(graph)["positive"] = Link("both");

        Assert.Equal(("a castle", besides), (Graph(graph).Prompt, Graph(graph).Besides));
    }

    [Fact]
    public void So_are_a_text_and_the_words_that_a_node_joins_to_it()
    {
        Dictionary<string, object> graph = Plain("", "blurry");
        graph["style"] = Node("Text Multiline", new() { ["text"] = "oil painting" });
        graph["joined"] = Node("Text Concatenate", new() { ["delimiter"] = ", ", ["text_a"] = "a castle", ["text_b"] = Link("style") });
        graph["positive"] = Node("CLIPTextEncode", new() { ["text"] = Link("joined"), ["clip"] = Link("model") });

        Assert.Equal(BesidesWords.Words, Graph(graph).Besides);
    }

    [Fact]
    public void A_negative_text_that_is_zeroed_out_is_none_and_a_guiders_is_read()
    {
        Dictionary<string, object> zeroed = Plain("a castle", "blurry");
        zeroed["negative"] = Node("ConditioningZeroOut", new() { ["conditioning"] = Link("positive") });
        Dictionary<string, object> guided = Plain("a castle", "blurry");
        guided["guider"] = Node("CFGGuider", new() { ["model"] = Link("model"), ["positive"] = Link("positive"), ["negative"] = Link("negative"), ["cfg"] = 4 });
        guided["noise"] = Node("RandomNoise", new() { ["noise_seed"] = 5 });
        guided["sampler"] = Node("SamplerCustomAdvanced", new() { ["noise"] = Link("noise"), ["guider"] = Link("guider"), ["latent_image"] = Link("latent") });

        Assert.Equal(("a castle", null, "5", "base", BesidesWords.Nothing), Gist(Graph(zeroed)));
        Assert.Equal(("a castle", "blurry", "5", "base", BesidesWords.Nothing), Gist(Graph(guided)));
    }

    [Fact]
    public void Words_drawn_by_lot_are_those_that_were_drawn()
    {
        Dictionary<string, object> graph = Plain("", "blurry");
        graph["drawn"] = Node("ImpactWildcardProcessor", new() { ["wildcard_text"] = "a {red|blue} castle", ["populated_text"] = "a blue castle" });
        graph["positive"] = Node("CLIPTextEncode", new() { ["text"] = Link("drawn"), ["clip"] = Link("model") });

        Assert.Equal("a blue castle", Graph(graph).Prompt);
    }

    [Theory]
    [InlineData("a castle", false, "a castle", BesidesWords.Nothing)]
    [InlineData("a {red|blue} castle", false, "a {red|blue} castle", BesidesWords.Words)]
    [InlineData("an old text that no longer counts", true, "a lake", BesidesWords.Nothing)]
    public void The_editors_graph_may_hold_a_choice_and_what_a_widget_once_said(string widget, bool isLinked, string prompt, BesidesWords besides)
    {
        object[] inputs = isLinked ? [new { name = "clip", link = 1 }, new { name = "text", link = 5 }] : [new { name = "clip", link = 1 }];
        string json = JsonSerializer.Serialize(new
        {
            nodes = new object[]
            {
                new { id = 1, type = "CheckpointLoaderSimple", widgets_values = new object[] { "base.safetensors" } },
                new { id = 2, type = "CLIPTextEncode", inputs, widgets_values = new object[] { widget } },
                new { id = 3, type = "KSampler", inputs = new object[] { new { name = "positive", link = 2 }, new { name = "model", link = 3 }, new { name = "latent_image", link = (int?)null } }, widgets_values = new object[] { 5, "fixed" } },
                new { id = 4, type = "SaveImage", inputs = new object[] { new { name = "images", link = 4 } } },
                new { id = 5, type = "PrimitiveNode", widgets_values = new object[] { "a lake" } },
            },
            links = new object[] { L(1, 1, 2), L(2, 2, 3), L(3, 1, 3), L(4, 3, 4), L(5, 5, 2) },
        });

        Extracted extracted = ComfyGraph.Read(json)!;

        Assert.Equal((prompt, besides), (extracted.Prompt, extracted.Besides));

        static object[] L(int id, int from, int to) => [id, from, 0, to, 0, "X"];
    }

    [Theory]
    [InlineData("edited.png", "made from another image")]
    [InlineData("joined.png", "prompt not known in full")]
    public async Task Such_a_picture_is_not_adopted_whatever_a_file_beside_it_says(string name, string reason)
    {
        await using var fixture = new BackfillFixture();
        string settings = name == "edited.png" ? ", Denoising strength: 0.6" : ", Denoising strength: 0.4, Hires upscale: 2, Hires prompt: a lake";
        fixture.Add(name, ImageFixtures.SmallPng(4, 4, ImageFixtures.Text("parameters", $"a castle\n{Settings}{settings}")));
        fixture.AddSidecar(Path.ChangeExtension(name, "txt"), "a castle");

        BackfillStatus status = await fixture.Service.RunAsync(fixture.Source, new BackfillOptions(), again: false, null, default);

        Assert.Equal((0L, 1L), (status.Progress.Adopted, status.Progress.Failed));
        Assert.Equal((reason, "png-parameters"), (fixture.Service.Failures(status.Job.Batch).Single().Reason, fixture.Service.Failures(status.Job.Batch).Single().Detail));
    }

    private static (string, string?, string?, string?, BesidesWords) Gist(Extracted e) => (e.Prompt, e.Find("negative_prompt"), e.Find("seed"), e.Find("model"), e.Besides);

    private static Extracted Graph(Dictionary<string, object> graph) => ComfyGraph.Read(JsonSerializer.Serialize(graph))!;

    private static Dictionary<string, object> Plain(string positive, string negative) => new()
    {
        ["sampler"] = Node("KSampler", new() { ["seed"] = 5, ["model"] = Link("model"), ["positive"] = Link("positive"), ["negative"] = Link("negative"), ["latent_image"] = Link("latent") }),
        ["model"] = Node("CheckpointLoaderSimple", new() { ["ckpt_name"] = "sdxl\\base.safetensors" }),
        ["latent"] = Node("EmptyLatentImage", new() { ["width"] = 512, ["height"] = 512 }),
        ["positive"] = Node("CLIPTextEncode", new() { ["text"] = positive, ["clip"] = Link("model") }),
        ["negative"] = Node("CLIPTextEncode", new() { ["text"] = negative, ["clip"] = Link("model") }),
        ["decode"] = Node("VAEDecode", new() { ["samples"] = Link("sampler"), ["vae"] = Link("model") }),
        ["save"] = Node("SaveImage", new() { ["images"] = Link("decode") }),
    };

    private static Dictionary<string, object> Sampler(Dictionary<string, object> graph) => (Dictionary<string, object>)((Dictionary<string, object>)graph["sampler"])["inputs"];

    private static Dictionary<string, object> Node(string type, Dictionary<string, object> inputs) => new() { ["class_type"] = type, ["inputs"] = inputs };

    private static object[] Link(string node) => [node, 0];
}
