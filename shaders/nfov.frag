#version 330 core
// What a flat camera inside the sphere sees: one ray per pixel, plain bilinear, so that it equals
// cubesal.geometry.equirect_to_perspective, or with STEREOGRAPHIC set what cubesal.lens pictures.

in vec2 pixel;
out vec4 colour;

uniform vec2 picture_size;
uniform mat3 world_from_camera;
uniform vec2 half_extent;  // of the picture in the plane of its projection

#include "include/rays.glsl"
#include "include/yuv.glsl"
#include "include/overlay.glsl"

vec3 view_ray(vec2 at) {
#if STEREOGRAPHIC
    return vec3(2.0 * at, 1.0 - dot(at, at));
#else
    return vec3(at, 1.0);
#endif
}

void main() {
    vec2 ndc = 2.0 * pixel / picture_size - 1.0;
    vec2 uv = uv_from_dir(world_from_camera * view_ray(ndc * half_extent));
    colour = vec4(with_overlay(frame_at(uv), uv), 1.0);
}
