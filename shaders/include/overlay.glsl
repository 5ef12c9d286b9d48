// The heatmap over the picture; the formula is that of cubesal.overlay, word for word.

uniform sampler2D saliency_map;  // R32F, columns wrap, rows clamp
uniform sampler2D other_map;     // that of another model, right of the wipe
uniform sampler2D colormap;      // 256 x 1
uniform float overlay_scale;     // the map value at the top of the colour map; 0 = no overlay
uniform float overlay_opacity;
uniform float overlay_threshold;
uniform float overlay_signed;    // 1 = values of both signs, 0 in the middle of the colour map
uniform float overlay_wipe;      // u from which on other_map is shown; 1 = nowhere

const float SOFT_EDGE = 0.35;  // mirrors cubesal.overlay.SOFT_EDGE

vec3 with_overlay(vec3 rgb, vec2 uv) {
    if (overlay_scale <= 0.0)
        return rgb;
    float value = textureLod(saliency_map, uv, 0.0).r;
    if (overlay_wipe < 1.0 && fract(uv.x) >= overlay_wipe)
        value = textureLod(other_map, uv, 0.0).r;
    float low = -overlay_signed;
    float level = clamp(value / overlay_scale, low, 1.0);
    float s = abs(level);
    float place = (level - low) / (1.0 - low);
    float alpha = overlay_opacity * smoothstep(overlay_threshold, overlay_threshold + SOFT_EDGE, s);
    vec3 colour = texelFetch(colormap, ivec2(int(floor(place * 255.0 + 0.5)), 0), 0).rgb;
    return mix(rgb, colour, alpha);
}
