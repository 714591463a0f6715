"""A canary beside the champion: is it worse, is it good enough, does every case come through?"""
