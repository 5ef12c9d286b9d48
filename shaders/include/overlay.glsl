// The heatmap over the picture; the formula is that of cubesal.overlay, word for word.

uniform sampler2D saliency_map;  // R32F, columns wrap, rows clamp
uniform sampler2D colormap;      // 256 x 1
uniform float overlay_scale;     // the map value at the top of the colour map; 0 = no overlay
uniform float overlay_opacity;
uniform float overlay_threshold;

const float SOFT_EDGE = 0.35;  // mirrors cubesal.overlay.SOFT_EDGE

vec3 with_overlay(vec3 rgb, vec2 uv) {
    if (overlay_scale <= 0.0)
        return rgb;
    float s = clamp(textureLod(saliency_map, uv, 0.0).r / overlay_scale, 0.0, 1.0);
    float alpha = overlay_opacity * smoothstep(overlay_threshold, overlay_threshold + SOFT_EDGE, s);
    vec3 colour = texelFetch(colormap, ivec2(int(floor(s * 255.0 + 0.5)), 0), 0).rgb;
    return mix(rgb, colour, alpha);
}
