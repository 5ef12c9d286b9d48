// The heatmap over the picture; the formula is that of cubesal.overlay, word for word.

uniform sampler2D saliency_map;  // R32F, columns wrap, rows clamp
uniform sampler2D other_map;     // that of another model, right of the wipe
uniform sampler2D colormap;      // 256 x 1
uniform float overlay_scale;     // the map value at the top of the colour map; 0 = no overlay
uniform float overlay_opacity;
uniform float overlay_threshold;
uniform float overlay_signed;    // 1 = values of both signs, 0 in the middle of the colour map
uniform float overlay_wipe;      // u from which on other_map is shown; 1 = nowhere

#if CONTOURS
uniform vec4 contour_levels;     // shares of the scale; unused ones are far from every value
uniform float contour_width;     // pixels
#endif

const float SOFT_EDGE = 0.35;  // mirrors cubesal.overlay.SOFT_EDGE

#if CONTOURS
// Mirrors cubesal.contours.
vec3 with_contours(vec3 rgb, float s) {
    vec4 apart = abs(vec4(s) - contour_levels);
    float least = min(min(apart.x, apart.y), min(apart.z, apart.w));
    float away = least / max(length(vec2(dFdx(s), dFdy(s))), 1e-6);
    float halo = 1.0 - smoothstep(0.5 * contour_width, 1.5 * contour_width, away);
    float line = clamp(0.5 * contour_width + 0.5 - away, 0.0, 1.0);
    return mix(rgb * (1.0 - 0.45 * halo), vec3(1.0), 0.85 * line);
}
#endif

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
    vec3 mixed = mix(rgb, colour, alpha);
#if CONTOURS
    return with_contours(mixed, s);
#else
    return mixed;
#endif
}
