#version 330 core
// What a flat camera inside the sphere sees: one ray per pixel, plain bilinear, so that it equals
// cubesal.geometry.equirect_to_perspective.

in vec2 pixel;
out vec4 colour;

uniform vec2 picture_size;
uniform mat3 world_from_camera;
uniform vec2 half_extent;  // tangents of half the horizontal and half the vertical field of view

#include "include/rays.glsl"
#include "include/yuv.glsl"
#include "include/overlay.glsl"

void main() {
    vec2 ndc = 2.0 * pixel / picture_size - 1.0;
    vec2 uv = uv_from_dir(world_from_camera * vec3(ndc * half_extent, 1.0));
    colour = vec4(with_overlay(frame_at(uv), uv), 1.0);
}
