// What the flat camera sees, drawn on the sphere: its curved border and a cross at its centre.
//
// The border is four planes through the centre of the sphere (of a stereographic view: four circles).
// A pixel's distance to it follows from
// the border function and its slope on the screen, so the line is equally wide everywhere, smooth
// without multisampling, and has no seam to take care of. No branch skips the work far from the
// line: software rasterisers run both sides of it anyway.

uniform float line_width;       // pixels; 0 = no outline
uniform mat3 camera_from_world;
uniform vec4 half_view;         // cos, sin of half the horizontal field of view; of half the vertical;
                                // STEREOGRAPHIC: half width and half height in the view's plane
uniform vec2 view_centre;       // picture pixel that the camera looks at
uniform float wrap_width;       // pixels after which the picture repeats to the right; 0 = never

const vec3 LINE_COLOUR = vec3(1.0, 0.98, 0.94);
const float LINE_ALPHA = 0.96;
const float HALO_ALPHA = 0.6;
const float HALO_WIDTH = 1.6;   // of the line's width, on either side
const float ARM = 3.2;          // half length of the cross, in line widths

// Each shader says where a picture pixel looks (any length), and how that ray changes over one
// pixel to the right and one down.
void ray_at(vec2 at, out vec3 ray, out vec3 right, out vec3 down);

// Negative inside the view, zero on its border; linear across it.
float border(vec3 ray) {
    vec3 local = camera_from_world * ray;
#if STEREOGRAPHIC
    float size = length(local);
    vec2 at = abs(local.xy) / max(size + local.z, 1e-5 * size);
    return max(at.x - half_view.x, at.y - half_view.y);
#else
    return max(abs(local.x) * half_view.x - local.z * half_view.y,
               abs(local.y) * half_view.z - local.z * half_view.w);
#endif
}

float border_distance(vec2 at) {
    vec3 ray, right, down;
    ray_at(at, ray, right, down);
    vec2 slope = vec2(border(ray + 0.5 * right) - border(ray - 0.5 * right),
                      border(ray + 0.5 * down) - border(ray - 0.5 * down));
    return abs(border(ray)) / max(length(slope), 1e-6);
}

float cross_distance(vec2 at) {
    vec2 away = abs(at - view_centre);
    if (wrap_width > 0.0)
        away.x = min(away.x, abs(wrap_width - away.x));
    vec2 beyond = max(away - ARM * line_width, 0.0);
    return min(length(vec2(beyond.x, away.y)), length(vec2(away.x, beyond.y)));
}

vec3 with_stroke(vec3 rgb, float away, float width) {
    float halo = 1.0 - smoothstep(0.5 * width, (0.5 + HALO_WIDTH) * width, away);
    float line = clamp(0.5 * width + 0.5 - away, 0.0, 1.0);
    return mix(rgb * (1.0 - HALO_ALPHA * halo), LINE_COLOUR, LINE_ALPHA * line);
}

vec3 with_outline(vec3 rgb, vec2 at) {
    if (line_width <= 0.0)
        return rgb;
    vec3 outlined = with_stroke(rgb, border_distance(at), line_width);
    return with_stroke(outlined, cross_distance(at), 0.75 * line_width);
}
