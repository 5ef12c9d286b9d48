// The equirect frame as three planes (4:2:0), and its conversion to RGB.

uniform sampler2D y_plane;
uniform sampler2D u_plane;
uniform sampler2D v_plane;
uniform vec2 chroma_scale;  // (1, 1) for even sizes; odd ones have half a column or row to spare
uniform mat3 rgb_from_yuv;  // mirrors ColourSpec: rgb = rgb_from_yuv * yuv + rgb_offset
uniform vec3 rgb_offset;

// Level 0 is named because the jump of uv at the seam would fool automatic level selection.
float luma_at(vec2 uv) {
    return textureLod(y_plane, uv, 0.0).r;
}

vec2 chroma_at(vec2 uv) {
    vec2 at = uv * chroma_scale;
    return vec2(textureLod(u_plane, at, 0.0).r, textureLod(v_plane, at, 0.0).r);
}

vec3 rgb_from_sample(float luma, vec2 chroma) {
    return clamp(rgb_from_yuv * vec3(luma, chroma) + rgb_offset, 0.0, 1.0);
}

vec3 frame_at(vec2 uv) {
    return rgb_from_sample(luma_at(uv), chroma_at(uv));
}
